import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { controllerMachine } from '../../cluster/controller-machine.ts'
import { engineMachine } from '../../cluster/engine-machine.ts'
import { schedulerMachine } from '../../scheduler/scheduler-machine.ts'
import { clientMachine } from '../../views/client-machine.ts'

const page = readFileSync(new URL('../../docs/ARCHITECTURE.md', import.meta.url), 'utf8')
const machines = [clientMachine, controllerMachine, schedulerMachine, engineMachine]

test.for(machines.map((machine) => [machine.id, machine] as const))(
  'the table of the %s names its states and events',
  ([id, machine]) => {
    const table = new RegExp(`^\\| \\[${id}\\].*\\n(?:\\|.*\\n)*`, 'm').exec(page)?.[0] ?? ''
    const rows = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim()))
    const named = (cells: readonly (string | undefined)[]) =>
      new Set(cells.flatMap((cell) => [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)))
    const states = Object.keys(machine.states)
    const mentioned = named(rows.flatMap((cells) => [cells[1], cells[3]]))
    expect([...mentioned].filter((name) => !states.includes(name as string))).toEqual([])
    expect(states.filter((name) => !mentioned.has(name))).toEqual([])
    const events = machine.events.filter((name) => !name.startsWith('xstate.'))
    const heard = named(rows.map((cells) => cells[2]))
    expect(events.filter((name) => !heard.has(name))).toEqual([])
  },
)

test('the page names the events and effects of the scheduler', () => {
  const source = readFileSync(new URL('../../scheduler/events.ts', import.meta.url), 'utf8')
  const names = [...source.matchAll(/^ +(?:\| \{ )?readonly type: '(\w+)'/gm)].map((match) => match[1] as string)
  expect(names.length).toBeGreaterThan(15)
  const told = /^The scheduler's \[events\](?:.|\n)*?\n\n/m.exec(page)?.[0] ?? ''
  expect([...told.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual(names)
})
