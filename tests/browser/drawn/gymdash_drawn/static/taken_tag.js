export default { apiVersion: 1, renderers: { taken_tag: { tag: "drawn-path", element: class extends HTMLElement {} } } };
