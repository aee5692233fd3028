import { bucketCount, bucketOf, quantileOf } from './feed/histogram.ts'
import type { HistogramNews } from './feed/messages.ts'
import type { Spread } from './feed/run.ts'

/** Durations that were counted since they were last asked for. */
export class TalliedHistogram {
  /** Since the last update, and since the last point. */
  readonly #news = new Uint32Array(bucketCount)
  readonly #recent = new Uint32Array(bucketCount)

  add(ms: number): void {
    const bucket = bucketOf(ms)
    this.#news[bucket] = (this.#news[bucket] as number) + 1
  }

  takeNews(): HistogramNews {
    const news: number[] = []
    for (const [bucket, count] of this.#news.entries()) {
      if (count === 0) continue
      news.push(bucket, count)
      this.#recent[bucket] = (this.#recent[bucket] as number) + count
    }
    this.#news.fill(0)
    return news
  }

  /** Of what `takeNews` has told since this was called before. */
  takeSpread(): Spread {
    const spread = [quantileOf(this.#recent, 0.5), quantileOf(this.#recent, 0.95)] as const
    this.#recent.fill(0)
    return spread
  }
}
