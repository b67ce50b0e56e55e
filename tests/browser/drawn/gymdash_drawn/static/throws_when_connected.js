class Broken extends HTMLElement {
  connectedCallback() {
    throw new Error("meant to break when connected");
  }
}

export default { apiVersion: 1, renderers: { throws_when_connected: { tag: "drawn-connected", element: Broken } } };
