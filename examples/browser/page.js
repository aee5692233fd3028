// The address and the key stand behind the # of the link, which browsers send to nobody.
import { bind, Client, startEngine } from '../dist/browser.js'

const place = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
const picture = document.getElementById('picture')
const status = document.getElementById('status')
const [draw, lend] = [document.getElementById('draw'), document.getElementById('lend')]
const { width, height } = picture
const canvas = picture.getContext('2d')
const stripWidth = 16

const client = await Client.connect(place.address, { key: place.key })
client.engines$.subscribe((engines) => {
  status.textContent = `${engines.length} engines: ${engines.map(({ name }) => name).join(', ')}`
})
draw.disabled = lend.disabled = false

/** What runs on an engine. It uses nothing from around it but what `bind` gives it by name. */
const line = bind({ columns: width - stripWidth, rows: height }, (row) => {
  const counts = new Uint8Array(columns)
  for (let column = 0; column < columns; column += 1) {
    const [a, b] = [(column / columns) * 3 - 2.2, (row / rows) * 2.4 - 1.2]
    let [x, y, count] = [0, 0, 0]
    for (; x * x + y * y < 4 && count < 255; count += 1) [x, y] = [x * x - y * y + a, 2 * x * y + b]
    counts[column] = count
  }
  return counts
})

draw.onclick = async () => {
  draw.disabled = true
  canvas.clearRect(0, 0, width, height)
  const began = performance.now()
  const rows = Array.from({ length: height }, (_, row) => row)
  const result = client.loadBalancedView().with({ chunk: 4 }).map(line, rows)
  let row = 0
  for await (const counts of result) {
    const pixels = canvas.createImageData(counts.length, 1)
    for (const [at, count] of counts.entries()) pixels.data.set([count * 5, count * 2, 80 + count, 255], at * 4)
    canvas.putImageData(pixels, 0, row)
    row += 1
  }
  // Which engine drew what is known of each task, of four lines here.
  result.metadata.forEach(({ engineId }, task) => {
    canvas.fillStyle = `hsl(${(engineId * 137) % 360} 70% 50%)`
    canvas.fillRect(width - stripWidth, task * 4, stripWidth, 4)
  })
  const engines = new Set(result.metadata.map(({ engineId }) => engineId))
  status.textContent = `${row} lines by ${engines.size} engines in ${Math.round(performance.now() - began)} ms`
  draw.disabled = false
}

lend.onclick = async () => {
  lend.disabled = true
  await startEngine({ ...place, name: 'this tab' })
}
