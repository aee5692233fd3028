/** A path from the root is one of the engines' machine. */
export function urlOfPath(text: string): string | undefined {
  return text.startsWith('/') ? new URL(`file://${encodeURI(text)}`).href : undefined
}

/** A page reads no files: the engine takes the module as it finds it. */
export function fileHash(_url: string): string | null {
  return null
}
