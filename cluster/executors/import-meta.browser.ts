/** What `import.meta` is in the module at `url`. */
export function importMeta(url: string): ImportMeta {
  const resolve = (specifier: string): string => new URL(specifier, url).href
  return Object.assign(Object.create(null), { url, resolve })
}
