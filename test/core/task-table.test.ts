import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TaskId } from '../../core/ids.ts'
import { TaskTable } from '../../core/task-table.ts'

interface Named {
  readonly id: TaskId
}

const client = fc.constantFrom('', 'a', 'ab', 'a.1')
/** Numbers that share a page, that do not, and what is none or none in its shortest form. */
const number = fc.constantFrom(
  ...[
    '0',
    '1',
    '63',
    '64',
    '65',
    '129',
    '00',
    '01',
    '',
    '-1',
    '1e3',
    ' 1',
    '4294967297',
    '99999999999999998',
    '99999999999999999',
  ],
)
const id = fc.tuple(client, fc.constantFrom('.', ''), number).map((parts) => parts.join(''))
const commands = fc.array(id, { size: 'max', maxLength: 100 })

it('the table of tasks answers as a map would, whatever the ids', () => {
  fc.assert(
    fc.property(commands, (list) => {
      const table = new TaskTable<Named>()
      const map = new Map<string, Named>()
      for (const name of list) {
        const known = map.get(name)
        if (known === undefined) {
          const added = { id: name as TaskId }
          table.add(added)
          map.set(name, added)
        } else {
          expect(table.delete(known.id)).toBe(true)
          expect(table.delete(known.id)).toBe(false)
          map.delete(name)
        }
        // Looked through, not looked up: that would disturb what the table remembers of its last look-up.
        expect([table.size, new Set(table)]).toEqual([map.size, new Set(map.values())])
      }
      for (const name of list) {
        expect(table.get(name as TaskId)).toBe(map.get(name))
        expect(table.has(name as TaskId)).toBe(map.has(name))
      }
    }),
    { numRuns: 200 },
  )
})
