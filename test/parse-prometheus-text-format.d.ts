/** It comes without types. */
declare module 'parse-prometheus-text-format' {
  interface Family {
    readonly name: string
    /** `COUNTER`, `GAUGE`, `HISTOGRAM`, … */
    readonly type: string
    readonly metrics: readonly {
      readonly labels?: Readonly<Record<string, string>>
      readonly value?: string
      /** Of a histogram: how many values are not above each bound, how many there are, and their sum. */
      readonly buckets?: Readonly<Record<string, string>>
      readonly count?: string
      readonly sum?: string
    }[]
  }
  export default function parse(text: string): Family[]
}
