class Broken extends HTMLElement {
  constructor() {
    super();
    throw new Error("meant to break in the constructor");
  }
}

export default { apiVersion: 1, renderers: { throws_in_constructor: { tag: "drawn-constructor", element: Broken } } };
