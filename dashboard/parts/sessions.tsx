import type { Run } from '../../cluster/dashboard/feed/run.ts'
import { bytesText, countText, durationText } from '../number-text.ts'
import { ScrollRegion } from './scroll-region.tsx'

const shownMax = 50

/** Who submits. */
export function Sessions({ run }: { readonly run: Run }) {
  const lines = run.sessions.toSorted((a, b) => b.live - a.live || b.lastMs - a.lastMs).slice(0, shownMax)
  return (
    <section class="panel" aria-labelledby="sessions">
      <h2 id="sessions">Who submits</h2>
      <ScrollRegion name="Sessions as a table">
        <table>
          <caption class="hidden">Sessions of clients, with what they have submitted</caption>
          <thead>
            <tr>
              <th scope="col">Session</th>
              <th scope="col">Client</th>
              <th scope="col">Submitted</th>
              <th scope="col">Live</th>
              <th scope="col">These take</th>
              <th scope="col">Ended</th>
              <th scope="col">Failed</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ id, isConnected, submitted, live, liveBytes, ended, failed, lastMs }) => (
              <tr key={id} data-session={id}>
                <th scope="row">{id}</th>
                <td>
                  <span class={`state ${isConnected ? 'busy' : 'left'}`}>{isConnected ? 'connected' : 'gone'}</span>
                </td>
                <td>{countText(submitted)}</td>
                <td>{countText(live)}</td>
                <td>{bytesText(liveBytes)}</td>
                <td>{countText(ended)}</td>
                <td class={failed > 0 ? 'bad' : undefined}>{countText(failed)}</td>
                <td>{submitted === 0 ? '–' : `${durationText(Math.max(0, run.nowMs - lastMs))} ago`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {lines.length === 0 && <p class="more">Nobody has submitted anything.</p>}
      {run.sessions.length > shownMax && <p class="more">and {countText(run.sessions.length - shownMax)} more</p>}
    </section>
  )
}
