import type { TaskData } from './workload.ts'

/** Tasks each of which waits for the next, and the last for the first; undefined where there is no such circle. */
export function findCircle({
  firstInput,
  inputs,
  firstOutput,
  firstConsumer,
  consumers,
  producer,
}: TaskData): number[] | undefined {
  const size = firstInput.length - 1
  const left = new Int32Array(size)
  const free: number[] = []
  for (let task = 0; task < size; task += 1) {
    left[task] = (firstInput[task + 1] as number) - (firstInput[task] as number)
    if (left[task] === 0) free.push(task)
  }
  let released = 0
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    released += 1
    const from = firstConsumer[firstOutput[task] as number] as number
    const to = firstConsumer[firstOutput[task + 1] as number] as number
    for (let i = from; i < to; i += 1) {
      const consumer = consumers[i] as number
      left[consumer] = (left[consumer] as number) - 1
      if (left[consumer] === 0) free.push(consumer)
    }
  }
  if (released === size) return undefined
  // Each task that is left waits for another that is left: whoever goes from one to the next comes back.
  const path: number[] = []
  const place = new Map<number, number>()
  let task = left.findIndex((count) => count > 0)
  while (!place.has(task)) {
    place.set(task, path.length)
    path.push(task)
    const objects = inputs.subarray(firstInput[task], firstInput[task + 1])
    const object = objects.find((one) => (left[producer[one] as number] as number) > 0) as number
    task = producer[object] as number
  }
  return path.slice(place.get(task))
}
