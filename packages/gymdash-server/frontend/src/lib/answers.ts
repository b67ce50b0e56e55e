/** What a simulation answers: pictures in it are shown, the rest as JSON. */

import { isObject } from "./schema";

export interface Picture {
  name: string;
  url: string;
}

const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,/;

/** The pictures of an answer, by their names in it, and what else it holds; undefined for nothing. */
export function parts(answer: unknown): { pictures: Picture[]; rest: unknown } {
  if (typeof answer === "string" && PICTURE.test(answer)) {
    return { pictures: [{ name: "answer", url: answer }], rest: undefined };
  }
  if (!isObject(answer)) return { pictures: [], rest: answer ?? undefined };
  const isPicture = (value: unknown): value is string => typeof value === "string" && PICTURE.test(value);
  const entries = Object.entries(answer);
  const pictures = entries.flatMap(([name, value]) => (isPicture(value) ? [{ name, url: value }] : []));
  const rest = entries.filter(([, value]) => !isPicture(value));
  return { pictures, rest: pictures.length && !rest.length ? undefined : Object.fromEntries(rest) };
}
