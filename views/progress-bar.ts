import type { Observable } from 'rxjs'
import type { Progress } from './task-group.ts'
import type { ResultStatus } from './task-record.ts'

export interface InteractiveOptions {
  /** Default: the process's standard error. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Stands before the bar. */
  readonly label?: string
}

/** What can be shown while it goes on. */
interface Shown {
  readonly progress: Progress
  readonly status: ResultStatus
  readonly elapsed: number
  readonly progress$: Observable<Progress>
  readonly status$: Observable<ResultStatus>
  wait(): Promise<boolean>
}

/** A bar that is redrawn on a terminal; elsewhere, where redrawing would fill a log, one line for each state. */
export async function showProgress(shown: Shown, options: InteractiveOptions): Promise<void> {
  const stream = options.stream ?? process.stderr
  const label = options.label ?? 'tasks'
  if (stream.isTTY) await showBar(shown, stream, label)
  else await showLines(shown, stream, label)
}

async function showLines(shown: Shown, stream: NodeJS.WritableStream, label: string): Promise<void> {
  const lines = shown.status$.subscribe((status) => {
    const { done, total } = shown.progress
    const seconds = (shown.elapsed / 1_000).toFixed(1)
    stream.write(`${label}: ${status}, ${done}/${total ?? '?'} after ${seconds} s\n`)
  })
  await shown.wait()
  lines.unsubscribe()
}

async function showBar(shown: Shown, stream: NodeJS.WritableStream, label: string): Promise<void> {
  // Loaded on use: most programs never show a bar.
  const { default: cliProgress } = await import('cli-progress')
  const format = `${label} [{bar}] {value}/{total} | {duration_formatted} | {status}`
  const bar = new cliProgress.SingleBar({ stream, format, hideCursor: true }, cliProgress.Presets.shades_classic)
  const draw = ({ done, total }: Progress): void => {
    bar.setTotal(total ?? Math.max(done, 1))
    bar.update(done, { status: shown.status })
  }
  bar.start(shown.progress.total ?? 1, shown.progress.done, { status: shown.status })
  const changes = shown.progress$.subscribe(draw)
  await shown.wait()
  changes.unsubscribe()
  draw(shown.progress)
  bar.stop()
}
