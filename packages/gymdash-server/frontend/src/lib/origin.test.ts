import { expect, test } from "vitest";
import { originOf } from "./origin";

test("a file is named without its folders, a plugin as it is", () => {
  expect(originOf("/projects/sims.py")).toBe("sims.py");
  expect(originOf("sb3")).toBe("sb3");
});
