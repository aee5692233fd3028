import vm from 'node:vm'

/** Where a text stands, zero-based: stacks and debuggers show it so. */
export interface ScriptPlace {
  readonly filename: string
  readonly line: number
  readonly column: number
}

/** The value of a script's last expression, run among this thread's globals. */
export function runScript(text: string, { filename, line, column }: ScriptPlace): unknown {
  return new vm.Script(text, { filename, lineOffset: line, columnOffset: column }).runInThisContext()
}
