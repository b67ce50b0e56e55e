/** What the server refuses of a form, at the fields that it is about. */

import { useMemo } from "react";
import { ApiError } from "@/api/client";
import {
  type ErrorTree,
  errorTree,
  type FieldError,
  type PlacedError,
  placedErrors,
} from "@/lib/fieldErrors";
import { forForm, type Schema } from "@/lib/schema";

const NONE: FieldError[] = [];

export interface Refused {
  placed: PlacedError[];
  /** For the form library. */
  tree: ErrorTree | undefined;
}

/** Fields that an error is about, as the server names them. */
export const fieldErrorsOf = (error: unknown): FieldError[] =>
  error instanceof ApiError ? error.errors : NONE;

export function useRefusal(
  errors: FieldError[],
  schema: Schema | null,
  data: unknown,
  skip?: string[],
): Refused {
  const form = useMemo(() => (schema ? forForm(schema) : {}), [schema]);
  return useMemo(() => {
    const placed = placedErrors(errors, form, data, skip);
    return { placed, tree: placed.length ? errorTree(placed) : undefined };
  }, [errors, form, data, skip]);
}
