/** The demo's real job: how often each word stands in a file. A module task: engines import this file. */
import { readFile } from 'node:fs/promises'

/** The words of one file with their counts, most frequent first; ties in order of the alphabet. */
export async function wordCounts(path: string): Promise<[word: string, count: number][]> {
  const counts = new Map<string, number>()
  for (const [word] of (await readFile(path, 'utf8')).matchAll(/[A-Za-z]{3,}/g)) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 50)
}
