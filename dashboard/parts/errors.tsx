import type { Run, TaskError } from '../../cluster/dashboard/feed/run.ts'
import { clockText, countText } from '../number-text.ts'
import { ScrollRegion } from './scroll-region.tsx'

const shownMax = 30

interface Kind {
  readonly last: TaskError
  readonly count: number
}

/** The last errors, those of one name and message together. */
export function Errors({ run }: { readonly run: Run }) {
  const kinds = kindsOf(run.errors)
  return (
    <section class="panel" aria-labelledby="errors">
      <div class="panel-head">
        <h2 id="errors">Errors</h2>
        <p class="more">
          {run.errors.length === 0
            ? 'No attempt has failed.'
            : `The last ${countText(run.errors.length)} that were kept, by kind; the latest first.`}
        </p>
      </div>
      <ul class="errors">
        {kinds.slice(0, shownMax).map(({ last, count }) => (
          <li key={keyOf(last)}>
            <details>
              <summary>
                <span class="bad">{last.name}</span> {last.message.split('\n', 1)[0]}{' '}
                <span class="more">
                  {countText(count)}×, last at {clockText(run.startedAt + last.at)}
                </span>
              </summary>
              <p>
                Task <code>{last.task}</code> (<strong>{run.labels[last.label]}</strong>), attempt {last.attempt}
                {last.engine >= 0 ? ` at engine ${last.engine}` : ', at no engine'}
              </p>
              <ScrollRegion name="Stack">
                <pre>{last.stack || `${last.name}: ${last.message}`}</pre>
              </ScrollRegion>
            </details>
          </li>
        ))}
      </ul>
    </section>
  )
}

function keyOf({ name, message }: TaskError): string {
  return `${name} ${message}`
}

function kindsOf(errors: readonly TaskError[]): Kind[] {
  const kinds = new Map<string, Kind>()
  for (const error of errors) {
    const key = keyOf(error)
    const before = kinds.get(key)
    kinds.delete(key)
    kinds.set(key, { last: error, count: (before?.count ?? 0) + 1 })
  }
  return [...kinds.values()].reverse()
}
