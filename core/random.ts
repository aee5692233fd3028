import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Seeded randomness. The same seed and the same calls give the same numbers on every machine. */
export interface Random {
  /** A uniform integer in [0, n). */
  below(n: number): number
  /** A uniform number in [0, 1), with 53 random bits. */
  unit(): number
  /** An independent stream for one purpose: using it does not disturb any other. */
  substream(name: string): Random
}

/** `seed` is any 32-bit integer or any text. */
export function seededRandom(seed: number | string): Random {
  const root = typeof seed === 'number' ? seed | 0 : hash32(seed)
  const generator = xoroshiro128plus(root)
  return {
    below: (n) => uniformInt(generator, 0, n - 1),
    unit: () => (uniformInt(generator, 0, 0x7ffffff) * 0x4000000 + uniformInt(generator, 0, 0x3ffffff)) / 2 ** 53,
    substream: (name) => seededRandom(hash32(`${root}/${name}`)),
  }
}

/** A seed from the operating system, for runs that nobody asked to reproduce. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0] as number
}

/** FNV-1a with a final mix (MurmurHash3's), so that similar names give unlike seeds. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
