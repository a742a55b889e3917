// The films of `vega-datasets` as documents: plain field names, real dates, absent instead of null.
import { readFileSync } from 'node:fs'

const FIELDS = {
  Title: 'title',
  'Major Genre': 'genre',
  Director: 'director',
  Distributor: 'distributor',
  Source: 'source',
  'Creative Type': 'kind',
  'MPAA Rating': 'rated',
  'Running Time min': 'minutes',
}
const MONEY = {
  'Production Budget': 'budget',
  'US Gross': 'us',
  'Worldwide Gross': 'worldwide',
  'US DVD Sales': 'dvd',
}

/** @returns {Record<string, unknown>[]} 3,201 films without a key: the database gives each one. */
export function readFilms() {
  const file = new URL('../data/movies.json', import.meta.resolve('vega-datasets'))
  return JSON.parse(readFileSync(file, 'utf8')).map(toFilm)
}

function toFilm(row) {
  const film = pick(row, FIELDS)
  if (film.title !== undefined) film.title = String(film.title)
  const released = Date.parse(`${row['Release Date']} UTC`)
  if (!Number.isNaN(released)) film.released = new Date(released)
  const money = pick(row, MONEY)
  if (Object.keys(money).length > 0) film.money = money
  const ratings = {}
  if (row['IMDB Rating'] !== null) ratings.imdb = { score: row['IMDB Rating'], votes: row['IMDB Votes'] }
  if (row['Rotten Tomatoes Rating'] !== null) ratings.tomatoes = row['Rotten Tomatoes Rating']
  if (Object.keys(ratings).length > 0) film.ratings = ratings
  return film
}

function pick(row, names) {
  const picked = {}
  for (const [from, to] of Object.entries(names)) {
    if (row[from] !== null && row[from] !== undefined && row[from] !== '') picked[to] = row[from]
  }
  return picked
}
