// Promise: the filter language means what the reference says: precedence, types, nulls, JSON, arrays, text, templates; what makes
// no sense is refused with 1100 and the place. Checked over ten rows.

import { beforeAll, describe, expect, it } from 'vitest'
import { DataType, MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { collectionOf, idsOf } from './fixture.ts'

const BIG = 9007199254740993n

let made: MilvusClient

beforeAll(async () => {
  made = await collectionOf(
    [
      { name: 'age', data_type: DataType.Int32, nullable: true },
      { name: 'big', data_type: DataType.Int64 },
      { name: 'price', data_type: DataType.Float },
      { name: 'name', data_type: DataType.VarChar, max_length: 100 },
      { name: 'ok', data_type: DataType.Bool },
      { name: 'tags', data_type: DataType.Array, element_type: DataType.VarChar, max_capacity: 10, max_length: 20 },
      { name: 'nums', data_type: DataType.Array, element_type: DataType.Int64, max_capacity: 10, nullable: true },
      { name: 'doc', data_type: DataType.JSON },
      { name: 'at', data_type: DataType.Timestamptz, nullable: true },
    ],
    { enable_dynamic_field: true },
    new MilvusClient(':memory:'),
  )
  const names = ['ann', 'bob', 'a%b', "o'neil", 'say "hi"', 'back\\slash', 'Anna', '', 'zoe', 'Zoe']
  const { status } = await made.insert({
    collection_name: 'c',
    data: names.map((name, i) => ({
      id: i,
      vector: [i, 0, 0, 1],
      age: i % 4 === 3 ? null : i * 10,
      big: BIG + BigInt(i),
      price: i / 10,
      name,
      ok: i % 2 === 0,
      tags: ['t', `t${i}`, ...(i > 5 ? ['late'] : [])],
      nums: i === 9 ? null : [i, i + 1],
      doc: i === 8 ? { a: null } : { a: { b: i, c: [i, 'x'] }, s: `v${i}`, mixed: i % 2 ? i : `${i}` },
      at: i === 0 ? null : `2025-01-0${i}T00:00:00Z`,
      ...(i < 5 ? { color: i % 2 ? 'red' : 'blue', size: i } : {}),
    })),
  })
  expect(status).toMatchObject({ code: 0 })
})

describe('conditions', () => {
  const cases: [string, number[]][] = [
    ['id < 3', [0, 1, 2]],
    ['3 > id', [0, 1, 2]],
    ['id == 1 or id == 2 and id == 3', [1]],
    ['(id == 1 || id == 2) && id >= 2', [2]],
    ['not id < 8', [8, 9]],
    ['not id == 1 and id < 3', [0, 2]],
    ['!(id == 1) AND id < 3', [0, 2]],
    ['NOT (id < 2 OR id > 3)', [2, 3]],
    ['1 < id <= 3', [2, 3]],
    ['3 >= id > 1', [2, 3]],
    ['id in [1, 3, 99,]', [1, 3]],
    ['id not in [0,1,2,3,4,5,6,7]', [8, 9]],
    ['id in []', []],
    ['id not in []', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['id + 1 == 3', [2]],
    ['id * 2 - 1 == 5', [3]],
    ['id % 4 == 3', [3, 7]],
    ['2 ** 3 == id', [8]],
    ['id ** 2 == 9', [3]],
    ['id ** 1 == 4 ** 1', [4]],
    ['id ** 2 ** 1 < 5', [0, 1, 2]],
    ['id ** 16 > 9007199254740993', []],
    ['id == -1 + 0x3', [2]],
    ['id == 0b11', [3]],
    ['id == 010', [8]],
    ['age == 3e1', []],
    ['age == 2.0e1', [2]],
    ['age > .5 and age < 2e1', [1]],
    // exact integers
    ['big == 9007199254740993', [0]],
    ['big > 9007199254740999', [7, 8, 9]],
    ['big in [9007199254740994, 9007199254740995]', [1, 2]],
    // f32
    ['price == 0.1', [1]],
    ['price > 0.1 and price < 0.4', [2, 3]],
    ['ok == true and id < 3', [0, 2]],
    ['ok != True and id < 3', [1]],
    ['ok in [false] and id < 4', [1, 3]],
    // null: unknown, whatever the operator
    ['age != 10', [0, 2, 4, 5, 6, 8, 9]],
    ['not (age == 10)', [0, 2, 4, 5, 6, 8, 9]],
    ['age is null', [3, 7]],
    ['age IS NOT NULL and id < 4', [0, 1, 2]],
    ['age not in [0, 10]', [2, 4, 5, 6, 8, 9]],
    ['age is null or age == 10', [1, 3, 7]],
    // strings
    ['name == "bob"', [1]],
    ["name == 'o\\'neil'", [3]],
    ['name == "say \\"hi\\""', [4]],
    ['name == "back\\\\slash"', [5]],
    ['name == r"back\\slash"', [5]],
    ['name == "\\u0062ob"', [1]],
    ['name == ""', [7]],
    ['name < "a"', [6, 7, 9]],
    ['name like "a%"', [0, 2]],
    ['name like "%n%"', [0, 3, 6]],
    ['name like "a\\\\%b"', [2]],
    ['name like "_ob"', [1]],
    ['name not like "%o%" and id < 4', [0, 2]],
    ['name in ["zoe", "Zoe"]', [8, 9]],
    // arrays
    ['array_contains(tags, "t3")', [3]],
    ['ARRAY_CONTAINS_ANY(tags, ["t1", "t2", "zz"])', [1, 2]],
    ['array_contains_all(tags, ["late", "t7"])', [7]],
    ['json_contains(tags, "late")', [6, 7, 8, 9]],
    ['array_length(tags) == 3', [6, 7, 8, 9]],
    ['array_length(nums) == 2 and id > 7', [8]],
    ['tags[1] == "t4"', [4]],
    ['tags[2] != "x"', [6, 7, 8, 9]],
    ['not (tags[2] == "late") and id > 3', [4, 5]],
    ['nums[0] + nums[1] == 5', [2]],
    ['nums[5] == 1', []],
    ['array_contains(nums, 9)', [8]],
    // JSON: two-valued
    ['doc["a"]["b"] == 3', [3]],
    ['doc["a"]["b"] >= 7', [7, 9]],
    ['doc["a"]["b"] != 3 and id > 6', [7, 8, 9]],
    ['doc["s"] != "v1" and id in [1, 2, 8]', [2, 8]],
    ['not (doc["s"] == "v1") and id in [1, 2, 8]', [2, 8]],
    ['doc["mixed"] == 3', [3]],
    ['doc["mixed"] == "4"', [4]],
    ['doc["mixed"] > 4', [5, 7, 9]],
    ['doc["a"]["c"][0] == 2', [2]],
    ['doc["a"]["c"][9] != 2 and id < 2', [0, 1]],
    ['json_contains(doc["a"]["c"], "x") and id < 2', [0, 1]],
    ['json_contains_any(doc["a"]["c"], [1, 2])', [1, 2]],
    ['json_contains_all(doc["a"]["c"], [1, "x"])', [1]],
    ['json_contains(doc["s"], "v1")', []],
    ['exists doc["a"]["b"] and id > 6', [7, 9]],
    ['not exists doc["s"]', [8]],
    ['exists doc["a"]', [0, 1, 2, 3, 4, 5, 6, 7, 9]],
    ['doc["nope"] is null and id < 2', [0, 1]],
    ['doc["s"] like "v%" and id > 6', [7, 9]],
    // Patterns of RE2, found anywhere; what is null is never found, what is no text is not like any.
    ['name =~ "o"', [1, 3, 8, 9]],
    ['name =~ "^(ann|bob)$"', [0, 1]],
    ['name =~ "(?i)^zoe"', [8, 9]],
    ['name =~ "^(?i:zO)e"', [8, 9]],
    ['name =~ "^(?i:zO)E"', []],
    ['name =~ r"\\\\"', [5]],
    ['name !~ "[a-z]"', [7]],
    ['not name =~ "[a-z]"', [7]],
    ['tags[2] =~ "^l"', [6, 7, 8, 9]],
    ['tags[2] !~ "^l"', []],
    ['doc["mixed"] =~ "[0-4]"', [0, 2, 4]],
    ['doc["mixed"] !~ "[0-4]" and id < 7', [1, 3, 5, 6]],
    ['doc["gone"] !~ "x" and id < 2', [0, 1]],
    ['doc["s"] in ["v1", 2]', [1]],
    ['doc["a"]["b"] + 1 == 5', [4]],
    ['array_length(doc["a"]["c"]) == 2 and id < 2', [0, 1]],
    // dynamic keys
    ['color == "red"', [1, 3]],
    ['$meta["color"] == "red"', [1, 3]],
    ['color != "red"', [0, 2, 4, 5, 6, 7, 8, 9]],
    ['size in [1, 2]', [1, 2]],
    ['exists color', [0, 1, 2, 3, 4]],
    ['nosuch == 1', []],
    ['size == id and id > 2', [3, 4]],
    // field with field
    ['age == id', [0]],
    ['nums[0] == id and id > 6', [7, 8]],
    // times
    ['at > ISO "2025-01-07T00:00:00Z"', [8, 9]],
    ['at == "2025-01-02T01:00:00+01:00"', [2]],
    ['at <= "2025-01-02T00:00:00Z"', [1, 2]],
    ['at is null', [0]],
    ["at + INTERVAL 'P1D' > ISO '2025-01-09T00:00:00Z'", [9]],
    ["ISO '2025-01-02T00:00:00Z' >= at - INTERVAL 'P1DT12H'", [1, 2, 3]],
    ["at + INTERVAL 'P1M' == ISO '2025-02-04T00:00:00Z'", [4]],
    ["at - INTERVAL 'P1Y' < ISO '2024-01-02T00:00:00.5Z'", [1, 2]],
    ["not (at + INTERVAL 'PT1.5S' != ISO '2025-01-05T00:00:01.5Z')", [5]],
    ['not (at > "2025-01-02T00:00:00Z")', [1, 2]],
    ['random_sample(0.999999999) and id == 1', [1]],
    ['(id == 1 and (id > 0 and random_sample(0.999999999)))', [1]],
  ]
  it.each(cases)('%s', async (filter, expected) => {
    expect(await idsOf(made, filter)).toEqual(expected)
  })
})

it('fills templates', async () => {
  const filter = 'age > {low} and name in {names}'
  expect(await idsOf(made, filter, { low: 5, names: ['bob', 'ann', "o'neil"] })).toEqual([1])
  expect(await idsOf(made, 'big == {big}', { big: BIG + 4n })).toEqual([4])
  expect(await idsOf(made, 'name like {pattern}', { pattern: 'z%' })).toEqual([8])
  expect(await idsOf(made, 'ok == {yes} and id == 2', { yes: true })).toEqual([2])
})

describe('what makes no sense', () => {
  const cases: [string, RegExp][] = [
    ['id =', /equality is ==/],
    ['age == null', /null is tested with is null/],
    ['id === 1', /position 5/],
    ['id & 1', /unexpected "&"/],
    ['id == 1 And id == 2', /unexpected "And"/],
    ['id == "1"', /cannot compare/],
    ['name == 1', /cannot compare/],
    ['name in [1]', /cannot compare/],
    ['id in [1.5]', /not an integer/],
    ['tags == "a"', /as a whole/],
    ['doc == 1', /as a whole/],
    ['price % 2 == 0', /modulo/],
    ['ok', /expected a condition/],
    ['true', /expected a condition/],
    ['"a"', /expected a condition/],
    ['1', /expected a condition/],
    ['id', /expected a condition/],
    ['id > {missing}', /\{missing\} is not found/],
    ['5 < id < 3', /invalid range/],
    ['id like "a"', /like/],
    ['id =~ "a"', /regex operation on non-string/],
    ['name =~ "(?=a)"', /invalid regex pattern .*invalid perl operator/],
    ['name =~ "(a"', /missing \)/],
    ['name =~ 5', /a string/],
    ['(id == 1', /expected/],
    ['id == 1)', /unexpected "\)"/],
    ['id == "a', /closing quote/],
    ['nope(id)', /function nope is not found/],
    ['array_contains(id, 1)', /only supported on array/],
    ['array_contains(nums, "a")', /cannot be an element/],
    ['st_contains(id, "x")', /only supported on geometry fields/],
    ['text_match(name, "x")', /does not enable match/],
    ['id == 9223372036854775809', /int64/],
    ['id / 0 == 1', /zero/],
    ['id ** 0.5 == 1', /whole number from 1 to 16/],
    ['id ** 17 == 1', /whole number from 1 to 16/],
    ['2 ** id == 4', /exponent of \*\* is a constant/],
    ['name ** 2 == 4', /arithmetic needs numbers/],
    ['vector == 1', /as a whole/],
    ['exists age', /exists/],
    ['random_sample(2)', /share/],
    ['id == 1 or random_sample(0.5)', /by and alone/],
    ['not random_sample(0.5)', /by and alone/],
    ['id == 1 and (id == 2 or id == 3 and random_sample(0.5))', /by and alone/],
    ["at + INTERVAL 'P' > ISO '2025-01-09T00:00:00Z'", /duration/],
    ["at * INTERVAL 'P1D' > ISO '2025-01-09T00:00:00Z'", /INTERVAL/],
    ["id + INTERVAL 'P1D' > 1", /numbers/],
    ["at == INTERVAL 'P1D'", /ISO 8601/],
  ]
  it.each(cases)('%s', async (filter, reason) => {
    const { status, data } = await made.query({ collection_name: 'c', filter })
    expect(status).toMatchObject({ code: 1100, error_code: 'IllegalArgument' })
    expect(status.reason).toMatch(/^failed to create query plan: cannot parse expression: /)
    expect(status.reason).toMatch(reason)
    expect(data).toEqual([])
  })
})

it('refuses unknown fields where there is no dynamic field', async () => {
  const other = await collectionOf([])
  const { status } = await other.query({ collection_name: 'c', filter: 'nope == 1' })
  expect(status.reason).toMatch(/field nope not exist/)
})

// Each condition was one level deeper than that before it: about 3,000 of them overflowed the stack.
it('joins tens of thousands of conditions', async () => {
  const made = await collectionOf([])
  await made.insert({ collection_name: 'c', data: [1, 2, 3].map((id) => ({ id, vector: [id, 0, 0, 0] })) })
  const joined = (word: string, sign: string) =>
    Array.from({ length: 20_000 }, (_, i) => `id ${sign} ${i + 2}`).join(` ${word} `)
  for (const word of ['or', '||']) expect(await idsOf(made, joined(word, '=='))).toEqual([2, 3])
  for (const word of ['and', '&&']) expect(await idsOf(made, joined(word, '!='))).toEqual([1])
  expect(await idsOf(made, `id > 1 and (${joined('or', '==')}) and id != 3`)).toEqual([2])
})
