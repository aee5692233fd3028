import { readFileSync } from 'node:fs'
import parsePrometheus from 'parse-prometheus-text-format'
import { expect, test } from 'vitest'
import { Cluster } from 'yardmaster'

const page = readFileSync(new URL('../../docs/OBSERVABILITY.md', import.meta.url), 'utf8')

/** Of each row of the page's table: name, type and labels. */
const listed = [...page.matchAll(/^\| `(yardmaster_\w+)` +\| (\w+) +\|([^|]*)\|/gm)].map(([, name, type, labels]) => ({
  name,
  type,
  labels: [...(labels ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
}))

test('the page lists the metrics that a controller serves, with their types and labels', async () => {
  await using cluster = await Cluster.start({ engines: 1, metrics: '127.0.0.1:0', limits: { clientTasksMax: 1 } })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  await view.apply(() => 1)
  const served = parsePrometheus(await (await fetch(cluster.metricsUrl as string)).text())
  const ours = served
    .filter(({ name }) => name.startsWith('yardmaster_'))
    .map(({ name, type, metrics }) => ({
      name,
      type: type.toLowerCase(),
      labels: [...new Set(metrics.flatMap(({ labels = {} }) => Object.keys(labels)))].sort(),
    }))
  const byName = (list: readonly { name: string | undefined }[]) => list.map(({ name }) => name).sort()
  expect(byName(ours)).toEqual(byName(listed))
  // Of the tasks that were refused there are none here, and so no label.
  const compared = ours.filter(({ name }) => name !== 'yardmaster_tasks_refused_total')
  for (const metric of compared) expect(listed).toContainEqual(metric)
  const ofProcess = [...page.matchAll(/`((?:process|nodejs)_\w+)`/g)].map(([, name]) => name)
  expect(ofProcess.length).toBeGreaterThan(4)
  expect(served.map(({ name }) => name)).toEqual(expect.arrayContaining(ofProcess))
})
