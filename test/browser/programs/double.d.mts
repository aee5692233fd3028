export function double(x: number): number
export function place(item: number): 'worker' | 'Node'
