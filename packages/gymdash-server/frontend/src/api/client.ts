/** Requests to the server, typed by its OpenAPI document; errors are its problem documents. */

import createClient from "openapi-fetch";
import type { FieldError } from "@/lib/fieldErrors";
import type { components, paths } from "./schema";

export type Run = components["schemas"]["SimulationRead"];
export type SimulationType = components["schemas"]["SimulationTypeRead"];
export type Question = components["schemas"]["ControlRequestRead"];
export type ChannelInfo = components["schemas"]["ChannelRead"];
export type Stat = components["schemas"]["StatRead"];
export type StatKind = components["schemas"]["StatKindRead"];
export type Plugin = components["schemas"]["PluginRead"];
export type Reply = components["schemas"]["ReplyRead"];
export type Usage = components["schemas"]["UsageRead"];
export type RunUsage = components["schemas"]["RunUsage"];
export type Status = components["schemas"]["StatusRead"];
export type Checkpoint = components["schemas"]["CheckpointRead"];
export type Attempt = components["schemas"]["AttemptRead"];
export type Intervention = components["schemas"]["InterventionRead"];

export const api = createClient<paths>({ baseUrl: "" });

/** A request that was refused, or did not reach the server (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors: FieldError[] = [],
  ) {
    super(detail);
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return the data of an answer, or throw what the server says about it. */
export async function need<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    throw new ApiError(
      0,
      `The server cannot be reached (${cause instanceof Error ? cause.message : "no answer"}).`,
    );
  });
  if (response.ok) return data as T;
  const problem = (typeof error === "object" && error !== null ? error : {}) as {
    detail?: unknown;
    errors?: FieldError[];
  };
  throw new ApiError(response.status, String(problem.detail ?? response.statusText), problem.errors ?? []);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
