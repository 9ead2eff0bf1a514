// Scans pages of a server on this machine as MDN's HTTP Observatory scans a site, and prints a JSON list of grades.
//
// Its own `scan` knows neither ports nor paths and refuses a page whose status is 404; its retriever knows both, and
// the tests judge whatever was retrieved. What follows is the arithmetic of `scan` around them.
//
// Arguments: the port of HTTP, the port of HTTPS, then paths.
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { getGradeForScore, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { retrieve } from "@mdn/mdn-http-observatory/src/retriever/retriever.js";

const [httpPort, httpsPort, ...paths] = process.argv.slice(2);
const grades = [];
for (const path of paths) {
  const retrieved = await retrieve("localhost", { httpPort, httpsPort, path });
  const results = ALL_TESTS.map((test) => test(retrieved));
  const modifiers = results.map((each) => getScoreModifier(each.result));
  const uncurved = modifiers.filter((each) => each < 0).reduce((sum, each) => sum + each, 100);
  const curved = modifiers.reduce((sum, each) => sum + each, 100);
  const score = uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? curved : uncurved;
  grades.push({
    path,
    status: retrieved.responses.auto.status,
    ...getGradeForScore(score),
    passed: results.filter((each) => each.pass).length,
    tests: ALL_TESTS.length,
    results: Object.fromEntries(results.map((each) => [each.constructor.name, each.result])),
  });
}
console.log(JSON.stringify(grades));
