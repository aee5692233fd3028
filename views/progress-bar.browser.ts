import type { InteractiveOptions, Shown } from './progress-bar.ts'

export type { InteractiveOptions } from './progress-bar.ts'

/** In a page's console: one line for each state. */
export async function showProgress(shown: Shown, options: InteractiveOptions): Promise<void> {
  const label = options.label ?? 'tasks'
  const lines = shown.status$.subscribe((status) => {
    const { done, total } = shown.progress
    const failures = shown.failures > 0 ? `, ${shown.failures} failed` : ''
    const seconds = (shown.elapsed / 1_000).toFixed(1)
    console.info(`${label}: ${status}, ${done}/${total ?? '?'}${failures} after ${seconds} s`)
  })
  await shown.wait()
  lines.unsubscribe()
}
