import { useEffect, useState } from 'preact/hooks'
import type { RunSource, Shown } from './run-source.ts'

/** What is shown, anew with each change. */
export function useShown(source: RunSource): Shown {
  const [shown, setShown] = useState(source.shown)
  useEffect(() => {
    setShown(source.shown)
    return source.subscribe(() => setShown(source.shown))
  }, [source])
  return shown
}
