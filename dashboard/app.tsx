import { Distributions } from './charts/distributions.tsx'
import { RunCharts } from './charts/run-charts.tsx'
import { Gantt } from './gantt/gantt.tsx'
import { clockText, durationText } from './number-text.ts'
import { Engines } from './parts/engines.tsx'
import { Errors } from './parts/errors.tsx'
import { Figures } from './parts/figures.tsx'
import { Files } from './parts/files.tsx'
import { Sessions } from './parts/sessions.tsx'
import { StrategyForm } from './parts/strategy.tsx'
import { ThemeSwitch } from './parts/theme-switch.tsx'
import type { RunSource, Shown } from './run-source.ts'
import { useTheme } from './theme.ts'
import { useShown } from './use-shown.ts'

export function App({ source }: { readonly source: RunSource }) {
  const shown = useShown(source)
  const { choice, choose, palette } = useTheme()
  const { run, link, file } = shown
  return (
    <>
      <a class="skip" href="#main">
        To the contents
      </a>
      <header>
        <h1>
          Yardmaster <span class="cluster">{run?.cluster}</span>
        </h1>
        <LinkText shown={shown} />
        {run && <StrategyForm run={run} source={source} isLive={link === 'live'} />}
        <Files run={run} source={source} file={file} />
        <ThemeSwitch choice={choice} choose={choose} />
      </header>
      <main id="main" tabIndex={-1}>
        {run === undefined ? (
          <p class="empty">
            {link === 'none' ? 'Open a run that was saved.' : 'Waiting for the cluster to tell of its run…'}
          </p>
        ) : (
          <>
            <Figures run={run} />
            <Gantt run={run} palette={palette} />
            <RunCharts run={run} palette={palette} />
            <Distributions run={run} palette={palette} />
            <div class="column">
              <Sessions run={run} />
              <Errors run={run} />
            </div>
            <Engines run={run} palette={palette} />
          </>
        )}
      </main>
    </>
  )
}

const linkTexts = { connecting: 'connecting', live: 'live', ended: 'ended', none: 'saved' } as const

function LinkText({ shown: { link, run, file } }: { readonly shown: Shown }) {
  const state = file === undefined ? link : 'none'
  return (
    <p class="link">
      <span class={`state ${state === 'live' ? 'busy' : 'left'}`} role="status" data-link={state}>
        {linkTexts[state]}
      </span>{' '}
      {file}
      {run && (
        <span class="more">
          {link === 'live' ? 'for' : 'the first'} {durationText(run.nowMs)}, since {clockText(run.startedAt)}
        </span>
      )}
    </p>
  )
}
