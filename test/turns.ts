// Turns of the event loop, counted.

/** Awaits the work, and does something in each turn of the event loop meanwhile; returns how many there were. */
export async function turnsDuring<R>(
  work: Promise<R>,
  inTurn: (turn: number) => void = () => {},
): Promise<[R, number]> {
  let turns = 0
  let isOver = false
  const turn = () => {
    if (isOver) return
    inTurn(turns++)
    setImmediate(turn)
  }
  setImmediate(turn)
  try {
    return [await work, turns]
  } finally {
    isOver = true
  }
}
