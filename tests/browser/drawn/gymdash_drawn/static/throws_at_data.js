class Broken extends HTMLElement {
  set data(data) {
    throw new Error("meant to break at data");
  }
}

export default { apiVersion: 1, renderers: { throws_at_data: { tag: "drawn-data", element: Broken } } };
