import { expect, test } from "vitest";
import { sharedOut } from "./questions";

const questions = ["a", "b", "a"].map((simulation_id, id) => ({ id, simulation_id }));

test("questions of the selected runs are apart from those of others", () => {
  const { own, others } = sharedOut(questions, ["a"]);
  expect(own.map(({ id }) => id)).toEqual([0, 2]);
  expect(others.map(({ id }) => id)).toEqual([1]);
});

test("all questions are looked at where no run is selected", () => {
  expect(sharedOut(questions, [])).toEqual({ own: questions, others: [] });
});
