// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { focusField, focusRefused } from "./focusField";

beforeEach(() => {
  vi.stubGlobal("CSS", { escape: (text: string) => text.replaceAll('"', '\\"') });
  Element.prototype.scrollIntoView = () => {};
});

const focused = (page: string, path: string[]) => {
  document.body.innerHTML = page;
  focusField("form", path);
  return document.activeElement?.id;
};

test("a field is found by itself, by a field within it, and by its own choice", () => {
  const page = `<p id="form.net__title"></p><input id="form.net__anyof_select"><input id="form.net.width">`;
  expect(focused(page, ["net", "width"])).toBe("form.net.width");
  expect(focused(page, ["net"])).toBe("form.net__anyof_select");
  expect(focused(`<p id="form.net"><input id="x"></p>`, ["net", "gone"])).toBe("x");
});

test("a field whose name goes on differently is another one", () => {
  const page = `<input id="form.net_x"><fieldset id="form.net"><input id="form.net.width"></fieldset>`;
  expect(focused(page, ["net"])).toBe("form.net.width");
  expect(focused(`<input id="form.net_x"><input id="form.net.width">`, ["net"])).toBe("form.net.width");
});

test("a refused field gets the focus, unless the reader has gone on to another card", () => {
  const card = (inside: string) => `<div class="card">${inside}</div>`;
  document.body.innerHTML = card(`<input id="field"><button id="send">`) + card(`<input id="other">`);
  const after = (at: string) => {
    document.getElementById(at)?.focus();
    focusRefused(document.getElementById("field") ?? undefined);
    return document.activeElement?.id;
  };
  expect(after("send")).toBe("field");
  expect(after("other")).toBe("other");
});
