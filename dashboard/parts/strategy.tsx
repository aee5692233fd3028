import { useState } from 'preact/hooks'
import type { Run } from '../../cluster/dashboard/feed/run.ts'
import type { RunSource } from '../run-source.ts'

/** The strategy in force, and another in its place. */
export function StrategyForm({
  run,
  source,
  isLive,
}: {
  readonly run: Run
  readonly source: RunSource
  readonly isLive: boolean
}) {
  const [chosen, setChosen] = useState<string>()
  const [answer, setAnswer] = useState('')
  const names = run.strategies.includes(run.strategy) ? run.strategies : [run.strategy, ...run.strategies]
  const wanted = chosen ?? run.strategy
  const submit = async (event: Event) => {
    event.preventDefault()
    try {
      await source.setStrategy(wanted)
      setAnswer(`${wanted} is in force.`)
      setChosen(undefined)
    } catch (error) {
      setAnswer(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <form class="strategy" onSubmit={submit}>
      <p>
        Strategy <strong data-strategy>{run.strategy}</strong>
      </p>
      {isLive && (
        <>
          <label>
            <span class="hidden">Another strategy</span>
            <select value={wanted} onChange={(event) => setChosen(event.currentTarget.value)}>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" disabled={wanted === run.strategy}>
            Put in force
          </button>
        </>
      )}
      <p role="status" class="more">
        {answer}
      </p>
    </form>
  )
}
