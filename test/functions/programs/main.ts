/** Runs the table in a process of its own and prints what came of it, as JSON: `main <root URL> <engine URL> <esm | cjs>`. */
import { cases, refusals } from './cases.ts'
import { Engine, type Outcome, runCase, type Ship } from './run.ts'

async function main(root: string, program: string, kind: string): Promise<void> {
  const url = new URL('dist/views/functions/ship-function.js', root).href
  const { shipFunction } = (await import(url)) as { shipFunction: Ship }
  const engine = new Engine(root, new URL(program))
  const outcomes: Record<string, Outcome> = {}
  const messages: Record<string, string> = {}
  // CommonJS has neither `import.meta` nor a top-level await: those cases stand apart.
  const all = kind === 'esm' ? { ...cases, ...(await import('./esm-cases.ts')).esmCases } : cases
  for (const [name, one] of Object.entries(all)) outcomes[name] = await runCase(one, shipFunction, engine)
  for (const [name, { fn }] of Object.entries(refusals)) {
    try {
      shipFunction(fn as never)
      messages[name] = 'accepted'
    } catch (error) {
      messages[name] = String(error)
    }
  }
  const thrown = await engine.run(
    shipFunction((() => {
      // The line below is the one that the stack must name.
      const value: number = 1

      throw new Error(`thrown ${value}`)
    }) as never),
  )
  await engine.close()
  process.stdout.write(JSON.stringify({ outcomes, messages, stack: thrown.error?.stack }))
}

const [root, program, kind] = process.argv.slice(2) as [string, string, string]
void main(root, program, kind)
