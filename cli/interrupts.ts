/**
 * Calls `onFirst` at the first Ctrl-C or SIGTERM and `onSecond` at the next. The answer gives the signals back to the
 * system.
 */
export function onInterrupt(onFirst: () => void, onSecond: () => void): () => void {
  let count = 0
  const hear = (): void => {
    count += 1
    if (count === 1) onFirst()
    else onSecond()
  }
  process.on('SIGINT', hear)
  process.on('SIGTERM', hear)
  return () => {
    process.off('SIGINT', hear)
    process.off('SIGTERM', hear)
  }
}
