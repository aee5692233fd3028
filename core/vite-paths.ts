/**
 * The files that a specifier may mean which Vite rewrote (`/src/work.ts`, `/@fs/home/…`), the likeliest first; none
 * where it is no path. `root` is where Vite's paths begin.
 */
export function vitePaths(id: string, root: string): readonly string[] {
  const bare = withoutQuery(id)
  if (bare.startsWith('/@fs/')) return [bare.slice('/@fs'.length)]
  if (bare.startsWith('/@id/') || !bare.startsWith('/')) return []
  return [`${root}${bare}`, bare]
}

/** The specifier of what is no path: a package, a module of Node, or a relative one that Vite left alone. */
export function viteSpecifier(id: string): string {
  return withoutQuery(id).replace(/^\/@id\//, '')
}

function withoutQuery(id: string): string {
  return id.replace(/[?#].*$/, '')
}
