import { expectTypeOf, test } from 'vitest'
import type { YardmasterError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import { Dependency } from '../../views/dependency.ts'
import type { ModuleTask } from '../../views/functions/module-task.ts'
import { type GraphNode, node } from '../../views/graph-node.ts'
import type { LoadBalancedView } from '../../views/load-balanced-view.ts'

declare const view: LoadBalancedView
declare const power: ModuleTask<(x: number, n: number) => Promise<number>>
declare const elsewhere: AsyncResult<number>
declare const id: TaskId
declare const text: string

const length = (word: string) => word.length
const greet = async (name = 'you') => `hello ${name}`

test('a graph’s results have the names and types of its nodes', async () => {
  const result = view.graph({
    a: node(length, ['word']),
    b: node(greet, [], { after: ['a'], retries: 2 }),
    c: node(greet),
    d: node(power, [2, 3], { follow: 'b', after: ['c', elsewhere, id] }),
    e: node(
      function* (n: number) {
        yield n
      },
      [1],
      { after: new Dependency(['a', 'b'], { all: false }) },
    ),
  })
  expectTypeOf(await result).toEqualTypeOf<{ a: number; b: string; c: string; d: number; e: number[] }>()
  for await (const [name, value] of result) {
    expectTypeOf(name).toEqualTypeOf<'a' | 'b' | 'c' | 'd' | 'e'>()
    expectTypeOf(value).toEqualTypeOf<number | string | number[]>()
  }
})

test('errors in place are in the type', async () => {
  const { a, b } = await view.with({ returnExceptions: true }).graph({ a: node(length, ['x']), b: node(greet) })
  expectTypeOf(a).toEqualTypeOf<number | YardmasterError>()
  expectTypeOf(b).toEqualTypeOf<string | YardmasterError>()
})

test('a graph of any number of nodes', async () => {
  const nodes: Record<string, GraphNode<number>> = {}
  for (const word of [text]) nodes[word] = node(length, [word], { after: [text] })
  expectTypeOf(await view.graph(nodes)).toEqualTypeOf<Record<string, number>>()
})

test('wrong graphs do not compile', () => {
  // @ts-expect-error there is no node `x`
  view.graph({ a: node(length, ['word']), b: node(greet, [], { after: ['x'] }) })
  // @ts-expect-error nor is there one to follow
  view.graph({ a: node(length, ['word'], { follow: 'b' }) })
  // @ts-expect-error the function takes a text
  node(length, [1])
  // @ts-expect-error an argument is missing
  node(length)
  // @ts-expect-error this flag is the view's
  node(greet, [], { returnExceptions: true })
  // @ts-expect-error a node is made by `node`
  view.graph({ a: length })
})
