import type { ScriptPlace } from './run-script.ts'

export type { ScriptPlace } from './run-script.ts'

/** Called by another name it runs its text among the globals. */
const evaluate = Reflect.get(globalThis, 'eval') as (text: string) => unknown

/** As `run-script.ts`; a browser's stacks count lines from the text's own beginning. */
export function runScript(text: string, { filename }: ScriptPlace): unknown {
  return evaluate(`${text}\n//# sourceURL=${filename.replaceAll(/\s/g, '_')}`)
}
