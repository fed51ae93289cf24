"""What every partner is built with: an app, a fault switch, effects that happen once, and signed callbacks.

A partner is a package `partners/<name>/` whose `__init__.py` defines `app(settings) -> FastAPI`:

    routes = APIRouter()

    @routes.post("/blocks", status_code=201, response_model=Block, responses=refusals(404))
    async def place_block(body: BlockRequest, effect: Effect) -> Response:
        async def work(connection: Connection) -> Block:        # one transaction with the key's row
            await connection.execute(SQL["place_block"], body.model_dump())
            if ...:
                raise Refusal(404, "no-such-terminal", "There is no such terminal.", sn=body.sn)   # rolls back
            return Block(...)
        return await effect.once("block", body, work)           # 201; a repeat gets the same answer

    @routes.get("/blocks/{block_id}", response_model=Block, responses=refusals(404))
    async def block(block_id: Name, here: Here) -> Block:
        async with here.connection() as connection: ...         # rows are dicts

    def app(settings: Settings) -> FastAPI:
        return partner_app("terminals", settings, title=..., description=..., schema=Path(...) / "schema.sql",
                           routes=routes)

- The kit creates the PostgreSQL schema called like the partner, sets the search path to it, and runs `schema` at
  every start: write unqualified names and repeatable statements (`CREATE TABLE IF NOT EXISTS`, `OR REPLACE`).
- `Queries(path)` reads a `.sql` file of statements headed `-- name: words_of_the_query`; `SQL["words_of_the_query"]`.
- `Payload` is the base of request bodies (unknown fields are refused); `Name`, `Fen` and `Currency` are checked types.
- A refusal is not an effect: nothing of it is kept, and the same key may be tried again.
- `effect.once(kind, body, work)`: `body` is a model, JSON or bytes (its hash tells a repeat from a reused key).
- `here.callbacks.put(connection, case_id=…, step_key=…, outcome=…, **more)` inside `work` queues a signed callback;
  `hook=` names another than the partner's own, `after=` (seconds) delays it. `effect.partner` is `here`.
- `partner.keep_doing(round)`, an async context manager for `lifespan`, does rounds of background work: `round()` does
  what is due and answers in how many seconds more may be; every effect starts one at once.
- `lifespan=` of `partner_app` takes an async context manager over the `Partner` for what must run beside the calls;
  set `partner.waiting_for = "…"` while it is not ready: `/healthz` answers 503 and says so.
- Things that take time (a visit, a shipment) are `Courses`: a table of moves, refused when impossible; `plan` has the
  stand-in make a move by itself later, and `do_due` carries plans out. With a `behaviour=` the app has `/behaviour`,
  how it acts by itself, and `/clock`, which tests put ahead; SQL asks `partner_now()`. `add_readings` adds the routes
  by which courses are read.
- `contrary=` of a callback is the outcome that would contradict it, for `PUT /faults {"contradict_callbacks": 1}`.
- `settings.number("delay_ms", 800)` reads the partner's own setting, `THAW_<NAME>_DELAY_MS` in a process.

Every partner has by itself: `/healthz`, `PUT|GET /faults`, `GET /effects/{key}`, problem+json errors, JSON logs that
name routes, not paths. In tests: `async with running(app(Settings(database_url=…))) as client: await client.post(…)`.
"""

from partners.kit import clock
from partners.kit.app import Here, Partner, partner_app
from partners.kit.behaviour import Behaviour
from partners.kit.course_routes import add_readings
from partners.kit.courses import Course, CourseBody, Courses, MoveBody, do_due, plan
from partners.kit.database import Connection, Queries
from partners.kit.effects import Effect, EffectCall
from partners.kit.faults import Faults
from partners.kit.payloads import Currency, Fen, Name, Payload
from partners.kit.problems import Refusal, refusals
from partners.kit.running import running
from partners.kit.settings import Settings

__all__ = [
    "Behaviour",
    "Connection",
    "Course",
    "CourseBody",
    "Courses",
    "Currency",
    "Effect",
    "EffectCall",
    "Faults",
    "Fen",
    "Here",
    "MoveBody",
    "Name",
    "Partner",
    "Payload",
    "Queries",
    "Refusal",
    "Settings",
    "add_readings",
    "clock",
    "do_due",
    "partner_app",
    "plan",
    "refusals",
    "running",
]
