/** What the start form would do, as commands that people can copy. */

export interface Order {
  key: string;
  name: string;
  kwargs: Record<string, unknown>;
  seeds: number[];
  grid: Record<string, unknown[]>;
}

function isBatch(order: Order): boolean {
  return order.seeds.length > 0 || Object.keys(order.grid).length > 0;
}

/** The body of `POST /simulations`, or of `/simulations/batch` for several runs. */
export function bodyOf(order: Order): Record<string, unknown> {
  const { key, name, kwargs, seeds, grid } = order;
  const head = { key, ...(name && { name }), ...(Object.keys(kwargs).length && { kwargs }) };
  return isBatch(order)
    ? { ...head, ...(seeds.length && { seeds }), ...(Object.keys(grid).length && { grid }) }
    : head;
}

export function asCli(order: Order): string {
  const parts = ["gymdash", "start", shell(order.key)];
  if (order.name) parts.push("--name", shell(order.name));
  for (const [key, value] of Object.entries(order.kwargs))
    parts.push("-p", shell(`${key}=${JSON.stringify(value)}`));
  for (const [key, values] of Object.entries(order.grid))
    parts.push("--grid", shell(`${key}=${JSON.stringify(values)}`));
  if (order.seeds.length) parts.push("--seeds", shell(JSON.stringify(order.seeds)));
  return parts.join(" ");
}

export function asPython(order: Order): string {
  const args = [python(order.key)];
  if (order.name) args.push(`name=${python(order.name)}`);
  if (Object.keys(order.kwargs).length) args.push(`kwargs=${python(order.kwargs)}`);
  if (order.seeds.length) args.push(`seeds=${python(order.seeds)}`);
  if (Object.keys(order.grid).length) args.push(`grid=${python(order.grid)}`);
  const verb = isBatch(order) ? "start_batch" : "start";
  return `from gymdash_server.client import Client\n\nwith Client() as client:\n    client.${verb}(${args.join(", ")})`;
}

export function asCurl(order: Order, origin: string): string {
  const path = isBatch(order) ? "/simulations/batch" : "/simulations";
  return [
    `curl -X POST ${origin}/api/v1${path}`,
    `-H "Authorization: Bearer $GYMDASH_TOKEN" -H "Content-Type: application/json"`,
    `-d ${shell(JSON.stringify(bodyOf(order)))}`,
  ].join(" \\\n  ");
}

function shell(text: string): string {
  return /^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${python(key)}: ${python(item)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}
