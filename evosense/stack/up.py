"""Run the stack in the foreground: start, show, keep alive, stop at Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from evosense.settings import DatabaseSettings, EvolutionSettings, ServingSettings, load
from evosense.stack.demo_file import remove_demo_file, write_demo_file
from evosense.stack.demo_seed import demo_users
from evosense.stack.folder import hold
from evosense.stack.leftovers import MARK, earlier_mark, new_mark
from evosense.stack.logs import keep_small
from evosense.stack.plan import PAGE, Plan
from evosense.stack.progress import Write, reporter_for
from evosense.stack.setup import StackOptions, child_environment, choose_addresses, secret_key, stack_database
from evosense.stack.supervisor import Supervisor


def run_stack(options: StackOptions) -> None:
    """Run until Ctrl-C or SIGTERM (a second one hurries), or until a part fails for good.

    Raises:
        EvoSenseError: one sentence: why it did not start or could not go on.
    """
    settings = load(DatabaseSettings)
    settings = settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    with hold(settings.data_dir):
        plan = _plan(options, settings)
        remove_demo_file(plan.data_dir)
        parts = plan.parts()
        with reporter_for(tuple(part.name for part in parts)) as (reporter, write, finish):
            supervisor = Supervisor(parts, reporter)
            try:
                asyncio.run(_run(supervisor, plan, write, finish))
            finally:
                remove_demo_file(plan.data_dir)
            write("EvoSense has stopped; the data is kept")


def _plan(options: StackOptions, settings: DatabaseSettings) -> Plan:
    data_dir = settings.data_dir
    secret = secret_key(settings)
    database = stack_database(settings)
    addresses = choose_addresses(load(ServingSettings), load(EvolutionSettings), demo=options.demo)
    before = earlier_mark(data_dir)
    mark = new_mark(data_dir)
    environment = child_environment(database, addresses, data_dir=data_dir, secret=secret, mark={MARK: mark})
    return Plan(options, database, addresses, environment, data_dir, secret, mark, before)


async def _run(supervisor: Supervisor, plan: Plan, write: Write, finish: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.request_stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup the stack outlives the terminal
        loop.add_signal_handler(signal.SIGHUP, supervisor.request_stop)
    announcer = asyncio.create_task(_announce(supervisor, plan, write, finish))
    trimmer = asyncio.create_task(keep_small(plan.data_dir / "logs"))
    try:
        await supervisor.run()
    finally:
        announcer.cancel()
        trimmer.cancel()
        finish()


async def _announce(supervisor: Supervisor, plan: Plan, write: Write, finish: Callable[[], None]) -> None:
    if plan.options.listener_only:
        await supervisor.wait_ready()
        finish()
        write("the listener works; Ctrl-C stops it")
        return
    await supervisor.wait_ready(*PAGE)
    if plan.options.demo:
        write_demo_file(plan.data_dir, plan.addresses, plan.database.url, demo_users(plan.secret))
    if plan.options.dagster:
        write(f"the page is up at {plan.addresses.api_url}; Dagster follows")
    await supervisor.wait_ready()
    finish()
    write(_summary(plan))


def _summary(plan: Plan) -> str:
    at = plan.addresses
    lines = ["", "EvoSense is ready", f"  page       {at.api_url}"]
    if plan.options.dagster:
        lines.append(f"  Dagster    {at.dagster_url}")
    if at.evolution_url:
        lines.append(f"  Evolution  {at.evolution_url}   (the stand-in)")
    lines.append(f"  logs       {plan.data_dir / 'logs'}")
    if plan.options.demo:
        lines += ["", "  log in with"]
        lines += [f"    {user.email:34} {user.password}   {user.role}" for user in demo_users(plan.secret)]
    lines += ["", "Ctrl-C stops everything; the data is kept.", ""]
    return "\n".join(lines)
