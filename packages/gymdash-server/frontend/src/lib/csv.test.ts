import { expect, test } from "vitest";
import { toCsv } from "./csv";

test("names are quoted and are no formulas", () => {
  const text = toCsv([{ run: '=1,"x"', key: "loss", step: [1], wall: [2], attempt: [1], value: [0.5] }]);
  expect(text).toBe('run,key,step,wall_time,attempt,value\r\n"\'=1,""x""",loss,1,2,1,0.5\r\n');
});
