import { useRef, useState } from 'preact/hooks'
import type { Run } from '../../cluster/dashboard/feed/run.ts'
import type { RunSource } from '../run-source.ts'
import { readSavedRun, savedName, savedText } from '../saved-run.ts'

/** Saves what is shown, and shows what was saved. */
export function Files({
  run,
  source,
  file,
}: {
  readonly run: Run | undefined
  readonly source: RunSource
  readonly file: string | undefined
}) {
  const input = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState('')
  const open = async (chosen: File | undefined) => {
    if (chosen === undefined) return
    try {
      source.show(readSavedRun(await chosen.text()), chosen.name)
      setProblem('')
    } catch (error) {
      setProblem(`${chosen.name} cannot be opened: ${error instanceof Error ? error.message : error}.`)
    }
    // The same file can be chosen again.
    if (input.current) input.current.value = ''
  }
  return (
    <fieldset class="buttons">
      <legend class="hidden">Files</legend>
      <button type="button" disabled={run === undefined} onClick={() => run && save(run)}>
        Save
      </button>
      <button type="button" onClick={() => input.current?.click()}>
        Open…
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="A saved run"
        onChange={(event) => open(event.currentTarget.files?.[0])}
      />
      {file !== undefined && source.canWatch && (
        <button type="button" onClick={() => source.watch()}>
          Back to the cluster
        </button>
      )}
      <p role="alert" class="bad">
        {problem}
      </p>
    </fieldset>
  )
}

function save(run: Run): void {
  const url = URL.createObjectURL(new Blob([savedText(run)], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = savedName(run)
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
