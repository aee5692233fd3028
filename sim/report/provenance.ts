/** How an experiment came to be. */
export interface Provenance {
  /** Of Yardmaster. */
  readonly version: string
  /** A line of shell that gives the same results. */
  readonly command: string
  /** What was set, in words, by name. */
  readonly settings: Readonly<Record<string, string>>
}
