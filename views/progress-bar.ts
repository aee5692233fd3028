import process from 'node:process'
import { styleText } from 'node:util'
import type { Observable } from 'rxjs'
import type { Progress } from './task-group.ts'
import type { ResultStatus } from './task-record.ts'

type Terminal = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
  hasColors?(): boolean
}

/** How a bar of progress is drawn. */
export interface InteractiveOptions {
  /** Default: the process's standard error. */
  readonly stream?: Terminal
  /** Stands before the bar. */
  readonly label?: string
}

/** What can be shown while it goes on. */
export interface Shown {
  readonly progress: Progress
  readonly status: ResultStatus
  readonly elapsed: number
  /** Items that have failed. */
  readonly failures: number
  readonly progress$: Observable<Progress>
  readonly status$: Observable<ResultStatus>
  wait(): Promise<boolean>
}

/** A bar that is redrawn on a terminal; elsewhere, where redrawing would fill a log, one line for each state. */
export async function showProgress(shown: Shown, options: InteractiveOptions): Promise<void> {
  const stream: Terminal = options.stream ?? process.stderr
  const label = options.label ?? 'tasks'
  if (stream.isTTY) await showBar(shown, stream, label)
  else await showLines(shown, stream, label)
}

async function showLines(shown: Shown, stream: NodeJS.WritableStream, label: string): Promise<void> {
  const lines = shown.status$.subscribe((status) => {
    const { done, total } = shown.progress
    const seconds = (shown.elapsed / 1_000).toFixed(1)
    const failures = shown.failures > 0 ? `, ${shown.failures} failed` : ''
    stream.write(`${label}: ${status}, ${done}/${total ?? '?'}${failures} after ${seconds} s\n`)
  })
  await shown.wait()
  lines.unsubscribe()
}

async function showBar(shown: Shown, stream: Terminal, label: string): Promise<void> {
  // Loaded on use: most programs never show a bar.
  const { default: cliProgress } = await import('cli-progress')
  const room = (stream.columns ?? 80) - label.length - figuresWidth
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: `${label} [{bar}] {share}{done}/{of} | {rate}/s{left}{failed} | {status}`,
      barsize: Math.min(40, Math.max(5, room)),
      hideCursor: true,
      linewrap: null,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  )
  const draw = (progress: Progress): void => {
    const { done, total } = progress
    bar.setTotal(total === undefined ? 2 * Math.max(done, 1) : Math.max(total, 1))
    bar.update(total === 0 ? 1 : done, figures(shown, progress, stream))
  }
  bar.start(1, 0, figures(shown, shown.progress, stream))
  const changes = shown.progress$.subscribe(draw)
  const letGo = onEndOfProcess(() => bar.stop())
  await shown.wait()
  letGo()
  changes.unsubscribe()
  draw(shown.progress)
  bar.stop()
}

/** What stands beside the bar, and the label, when all of it is there. */
const figuresWidth = 66

function figures(shown: Shown, { done, total }: Progress, stream: Terminal): Record<string, string> {
  const { elapsed, failures, status } = shown
  const rate = elapsed > 0 ? (done * 1_000) / elapsed : 0
  const isOpen = total !== undefined && done < total
  const failed = ` | ${failures} failed`
  return {
    share: total ? `${Math.floor((100 * done) / total)}% ` : '',
    done: done.toLocaleString('en'),
    of: total === undefined ? '?' : total.toLocaleString('en'),
    rate: rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en'),
    left: isOpen && rate > 0 ? ` | ${duration((total - done) / rate)} left` : ` | ${duration(elapsed / 1_000)}`,
    failed: failures === 0 ? '' : stream.hasColors?.() ? styleText('red', failed, { validateStream: false }) : failed,
    status,
  }
}

/** `45s`, `3m12s`, `2h05m`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const two = (count: number) => String(count).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  return `${Math.floor(whole / 3_600)}h${two(Math.floor((whole % 3_600) / 60))}m`
}

/** Gives the cursor back when the process is told to end, and lets it end. */
function onEndOfProcess(restore: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const end = (signal: NodeJS.Signals): void => {
    letGo()
    restore()
    // Without this listener the signal would have ended the process.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  const letGo = (): void => {
    for (const signal of signals) process.off(signal, end)
  }
  for (const signal of signals) process.on(signal, end)
  return letGo
}
