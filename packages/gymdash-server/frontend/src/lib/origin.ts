/** Where a simulation type comes from, short: a plugin by its name, a file without its folders. */

export function originOf(plugin: string): string {
  return plugin.split(/[\\/]/).pop() || plugin;
}
