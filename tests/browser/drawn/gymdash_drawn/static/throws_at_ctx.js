class Broken extends HTMLElement {
  set ctx(ctx) {
    throw new Error("meant to break at ctx");
  }
}

export default { apiVersion: 1, renderers: { throws_at_ctx: { tag: "drawn-ctx", element: Broken } } };
