import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as yardmaster from 'yardmaster'
import { type Client, Cluster } from 'yardmaster'
import * as inside from 'yardmaster/engine'

const page = readFileSync(new URL('../../docs/FROM-IPYPARALLEL.md', import.meta.url), 'utf8')
/** The middle column of the tables. */
const ours = [...page.matchAll(/^\|(?!\s*(?:ipyparallel|-))[^|]*\|([^|]*)\|[^|]*\|$/gm)].map(
  (match) => match[1] as string,
)
const code = ours.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string))

let cluster: Cluster
let client: Client
beforeAll(async () => {
  cluster = await Cluster.start({ engines: 1 })
  client = await cluster.connect()
})
afterAll(() => cluster.stop())

test('every member that it names is there', () => {
  const holders: Record<string, object> = {
    cluster,
    client,
    lview: client.loadBalancedView(),
    dview: client.directView('all'),
    result: client.loadBalancedView().apply(() => 1),
    Cluster: yardmaster.Cluster,
    Client: yardmaster.Client,
  }
  const named = code.flatMap((text) => {
    const [, holder, member] = /^(?:await )?(\w+)\.(\w+\$?)/.exec(text) ?? []
    return holder && member && holder in holders ? [[holder, member] as const] : []
  })
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter(([holder, member]) => !(member in (holders[holder] as object)))).toEqual([])
})

test('every flag, function and class that it names is there', () => {
  const flags = code.flatMap((text) => /with\(\{ ([\w, ]+?)(?::.*)? \}\)/.exec(text)?.[1]?.split(', ') ?? [])
  expect(flags.length).toBeGreaterThan(10)
  const known = ['after', 'follow', 'targets', 'retries', 'queueTimeout', 'runTimeout', 'priority', 'label', 'signal']
  const more = ['ordered', 'returnExceptions', 'chunk', 'onUnmet', 'retryOnEngineLoss']
  expect(flags.filter((flag) => ![...known, ...more].includes(flag))).toEqual([])
  for (const flag of [...known, ...more])
    expect(() => client.loadBalancedView().with({ [flag]: undefined })).not.toThrow()
  const names = code.flatMap(
    (text) => /^(?:new |throw new )?(\w+(?:Error|Dependency)|depend|requires)\b/.exec(text)?.[1] ?? [],
  )
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => !(name in yardmaster))).toEqual([])
  expect('currentTask' in inside).toBe(true)
})
