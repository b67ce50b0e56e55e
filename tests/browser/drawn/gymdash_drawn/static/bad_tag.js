export default { apiVersion: 1, renderers: { bad_tag: { tag: "Bad", element: class extends HTMLElement {} } } };
