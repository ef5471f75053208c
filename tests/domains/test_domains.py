"""What each domain says becomes the series that its pack declares."""

from __future__ import annotations

import asyncio

import pytest
from tests.integrations.broken import broken

import vedette.packs
from vedette.domains import (
    agents,
    audit,
    backup,
    business,
    errors,
    freshness,
    memory,
    migration,
    reminders,
    schedule,
    security,
    sync,
    worker,
)
from vedette.instruments import clock, guard
from vedette.instruments.metrics.exposition import text

BOOM = ValueError("boom")


class Time:
    now = 1000.0


@pytest.fixture(autouse=True)
def time():
    """A clock that stands at second 1,000 until a test moves it."""
    moved = Time()
    with clock.replaced(lambda: moved.now):
        yield moved


def told(prefix: str) -> set[str]:
    """The series whose names begin so, without buckets and zeros, with their values."""
    lines = (line for line in text().decode().splitlines() if line.startswith(prefix))
    return {line for line in lines if "_bucket{" not in line and not line.endswith(" 0")}


def test_a_synchronisation_that_goes_well_is_counted_timed_and_dated(time):
    with sync.run("crm") as run:
        assert 'sync_runs_in_progress{integration="crm"} 1' in told("sync_")
        run.read(120)
        run.wrote(3)
        run.failed()
        time.now += 60
    assert told("sync_") == {
        'sync_runs_started_total{integration="crm"} 1',
        'sync_runs_total{integration="crm",outcome="success"} 1',
        'sync_run_duration_seconds_count{integration="crm"} 1',
        'sync_run_duration_seconds_sum{integration="crm"} 60',
        'sync_records_total{integration="crm",direction="in"} 120',
        'sync_records_total{integration="crm",direction="out"} 3',
        'sync_records_total{integration="crm",direction="failed"} 1',
        'sync_last_success_timestamp_seconds{integration="crm"} 1060',
    }


def test_a_synchronisation_that_fails_has_its_error_and_no_success():
    with pytest.raises(ValueError, match="boom"), sync.run("crm"):
        raise BOOM
    found = told("sync_")
    assert 'sync_runs_total{integration="crm",outcome="failure"} 1' in found
    assert 'sync_errors_total{integration="crm",error_type="ValueError"} 1' in found
    assert not any("last_success" in line for line in found)


async def test_a_cancelled_run_is_nobodys_failure():
    @sync.run("crm")
    async def pull():
        await asyncio.sleep(60)

    task = asyncio.create_task(pull())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = told("sync_")
    assert 'sync_runs_total{integration="crm",outcome="cancelled"} 1' in found
    assert not any("sync_errors" in line for line in found)


async def test_many_runs_of_one_decorated_function_at_once_keep_their_own_time(time):
    gates = [asyncio.Event() for _ in range(3)]

    @sync.run("crm")
    async def pull(number):
        await gates[number].wait()

    running = [asyncio.create_task(pull(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert 'sync_runs_in_progress{integration="crm"} 3' in told("sync_")
    for number in (1, 0, 2):
        time.now += 10
        gates[number].set()
        await running[number]
    assert 'sync_run_duration_seconds_sum{integration="crm"} 60' in told("sync_")


def test_an_agents_task_tool_and_model_call_are_told(time):
    with agents.task("planner") as task:
        task.retried()
        with agents.model_call("gpt-4o", provider="openai") as call:
            call.tokens(input=812, output=64)
            call.cost(0.0031)
            call.retried()
            time.now += 2
        with agents.tool("planner", "calendar"):
            time.now += 1
    assert told("agent_") == {
        'agent_tasks_total{agent="planner",outcome="success"} 1',
        'agent_task_duration_seconds_count{agent="planner"} 1',
        'agent_task_duration_seconds_sum{agent="planner"} 3',
        'agent_task_retries_total{agent="planner"} 1',
        'agent_heartbeat_timestamp_seconds{agent="planner"} 1003',
        'agent_tool_calls_total{agent="planner",gen_ai_tool_name="calendar",outcome="success"} 1',
        'agent_tool_duration_seconds_count{agent="planner",gen_ai_tool_name="calendar"} 1',
        'agent_tool_duration_seconds_sum{agent="planner",gen_ai_tool_name="calendar"} 1',
    }
    chat = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"'
    model = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"'
    assert told("gen_ai_") == {
        f'gen_ai_client_operation_duration_seconds_count{{{chat},error_type=""}} 1',
        f'gen_ai_client_operation_duration_seconds_sum{{{chat},error_type=""}} 2',
        f'gen_ai_client_token_usage_count{{{chat},gen_ai_token_type="input"}} 1',
        f'gen_ai_client_token_usage_sum{{{chat},gen_ai_token_type="input"}} 812',
        f'gen_ai_client_token_usage_count{{{chat},gen_ai_token_type="output"}} 1',
        f'gen_ai_client_token_usage_sum{{{chat},gen_ai_token_type="output"}} 64',
        f"gen_ai_client_cost_dollars_total{{{model}}} 0.0031",
        f"gen_ai_client_retries_total{{{model}}} 1",
    }


def test_a_model_call_and_a_task_that_fail_have_their_error():
    with pytest.raises(ValueError, match="boom"), agents.task("planner"), agents.model_call("m", provider="p"):
        raise BOOM
    assert 'agent_task_errors_total{agent="planner",error_type="ValueError"} 1' in told("agent_")
    assert any('error_type="ValueError"} 1' in line for line in told("gen_ai_client_operation_duration_seconds_count"))


def test_an_agent_says_how_it_is_and_what_waits_for_it():
    agents.alive("mailer", well=True)
    agents.watch_queue("mailer", lambda: 7)
    assert told("agent_") == {
        'agent_healthy{agent="mailer"} 1',
        'agent_heartbeat_timestamp_seconds{agent="mailer"} 1000',
        'agent_queue_depth{agent="mailer"} 7',
    }


def test_a_search_of_a_memory_tells_how_much_it_found():
    with memory.operation("graph", "search") as search:
        search.found(0)
    memory.watch_items("graph", "nodes", lambda: 42)
    assert told("memory_") == {
        'memory_operations_total{store="graph",operation="search",outcome="success"} 1',
        'memory_operation_duration_seconds_count{store="graph",operation="search"} 1',
        'memory_search_results_count{store="graph"} 1',
        'memory_items{store="graph",kind="nodes"} 42',
    }


def test_the_business_tells_events_values_funnels_and_activity():
    business.event("account_opened", 2)
    business.earned("orders", 19.99, unit="euros")
    business.reached("onboarding", "profile")
    business.recommendation("product", "accepted")
    business.used("export")
    business.activity("search")
    business.watch_active_users("5m", lambda: 31)
    business.watch_level("accounts", lambda: 1200)
    with business.operation("task", "create"):
        pass
    assert told("business_") == {
        'business_events_total{event="account_opened"} 2',
        'business_value_total{name="orders",value_unit="euros"} 19.99',
        'business_funnel_steps_total{funnel="onboarding",step="profile"} 1',
        'business_recommendations_total{kind="product",outcome="accepted"} 1',
        'business_feature_uses_total{feature="export"} 1',
        'business_user_activities_total{activity="search"} 1',
        'business_active_users{window="5m"} 31',
        'business_level{name="accounts"} 1200',
        'business_operations_total{object="task",operation="create",outcome="success"} 1',
        'business_operation_duration_seconds_count{object="task",operation="create"} 1',
    }


def test_security_tells_reasons():
    security.logged_in("password")
    security.login_failed("password", reason="wrong_password")
    security.denied("invoice", reason="not_owner")
    security.limited("login")
    security.suspicious("path_traversal")
    security.intrusion_signal("new_admin")
    assert told("a") | told("rate_") | told("susp") | told("intr") == {
        'authentication_attempts_total{method="password",outcome="success",reason=""} 1',
        'authentication_attempts_total{method="password",outcome="failure",reason="wrong_password"} 1',
        'authorization_denials_total{resource="invoice",reason="not_owner"} 1',
        'rate_limited_requests_total{limiter="login"} 1',
        'suspicious_requests_total{reason="path_traversal"} 1',
        'intrusion_signals_total{signal="new_admin"} 1',
    }


def test_an_error_that_was_handled_is_counted_without_its_text():
    errors.track(KeyError("secret"), part="checkout", severity="warning")
    with pytest.raises(ValueError, match="boom"), errors.watched("export"):
        raise BOOM
    assert told("application_") == {
        'application_errors_total{part="checkout",severity="warning",error_type="KeyError"} 1',
        'application_errors_total{part="export",severity="error",error_type="ValueError"} 1',
    }


def test_a_backup_keeps_the_size_of_the_last_good_one(time):
    with backup.run("database") as run:
        run.size(512)
        time.now += 30

    @backup.run("database")
    def fail():
        raise BOOM

    with pytest.raises(ValueError, match="boom"):
        fail()
    backup.verified("database")
    assert told("backup_") == {
        'backup_runs_total{backup="database",outcome="success"} 1',
        'backup_runs_total{backup="database",outcome="failure"} 1',
        'backup_last_success_timestamp_seconds{backup="database"} 1030',
        'backup_last_size_bytes{backup="database"} 512',
        'backup_last_verified_timestamp_seconds{backup="database"} 1030',
    }
    assert 'backup_last_run_success{backup="database"} 0' in text().decode()


def test_a_migration_tells_when_it_began_and_how_it_ended(time):
    migration.watch_pending("shop", lambda: 2)
    with migration.run("shop"):
        assert 'migrations_running{database="shop"} 1' in told("migration")
        time.now += 5
    assert told("migration") == {
        'migrations_pending{database="shop"} 2',
        'migration_started_timestamp_seconds{database="shop"} 1000',
        'migration_runs_total{database="shop",outcome="success"} 1',
        'migration_last_run_duration_seconds{database="shop"} 5',
        'migration_last_success_timestamp_seconds{database="shop"} 1005',
    }


def test_a_reminder_tells_how_late_it_was(time):
    time.now = 1090.0
    with reminders.delivery("email", due=1000):
        pass
    with pytest.raises(ValueError, match="boom"), reminders.delivery("push", due=1000):
        raise BOOM
    reminders.generated("weekly", 12)
    assert told("reminder_") | told("recurring_") == {
        'reminder_deliveries_total{channel="email",outcome="success"} 1',
        'reminder_deliveries_total{channel="push",outcome="failure"} 1',
        'reminder_delivery_errors_total{channel="push",error_type="ValueError"} 1',
        'reminder_delay_seconds_count{channel="email"} 1',
        'reminder_delay_seconds_sum{channel="email"} 90',
        'recurring_tasks_generated_total{schedule="weekly"} 12',
    }


def test_an_audit_entry_that_was_not_written_is_an_error():
    with audit.write("invoice_deleted"):
        pass
    with pytest.raises(ValueError, match="boom"), audit.write("invoice_deleted"):
        raise BOOM
    assert told("audit_log_writes") | told("audit_log_errors") == {
        'audit_log_writes_total{operation="invoice_deleted"} 1',
        'audit_log_errors_total{operation="invoice_deleted",error_type="ValueError"} 1',
    }


def test_data_tells_how_old_it_was_when_it_came():
    freshness.updated("prices", newest_entry=990)
    freshness.arrived("events", about=940)
    assert told("data_") == {
        'data_last_update_timestamp_seconds{dataset="prices"} 1000',
        'data_newest_timestamp_seconds{dataset="prices"} 990',
        'data_last_update_timestamp_seconds{dataset="events"} 1000',
        'data_newest_timestamp_seconds{dataset="events"} 940',
        'data_arrival_lag_seconds_count{dataset="events"} 1',
        'data_arrival_lag_seconds_sum{dataset="events"} 60',
    }


def test_a_scheduled_job_tells_its_delay_and_when_it_is_due_next(time):
    time.now = 1007.0
    with schedule.run("report", due=1000):
        time.now += 3
    schedule.missed("report")
    schedule.next_run("report", at=4600)
    assert told("scheduled_job_") == {
        'scheduled_job_runs_total{schedule="report",outcome="success"} 1',
        'scheduled_job_missed_total{schedule="report"} 1',
        'scheduled_job_duration_seconds_count{schedule="report"} 1',
        'scheduled_job_duration_seconds_sum{schedule="report"} 3',
        'scheduled_job_delay_seconds_count{schedule="report"} 1',
        'scheduled_job_delay_seconds_sum{schedule="report"} 7',
        'scheduled_job_last_success_timestamp_seconds{schedule="report"} 1010',
        'scheduled_job_next_run_timestamp_seconds{schedule="report"} 4600',
    }


def test_a_worker_loop_tells_its_queue_its_tasks_and_its_batches(time):
    events = worker.queue("events")
    events.capacity(10_000)
    events.watch_depth(lambda: 17)
    events.enqueued(50)
    events.dequeued(50)
    events.received("store")
    with events.batch("store", size=50, waited_since=988):
        time.now += 2
    with pytest.raises(ValueError, match="boom"), events.task("store"):
        raise BOOM
    events.retried("store")
    events.data(about=995)
    queue = 'messaging_system="loop",messaging_destination_name="events"'
    assert told("worker_") == {
        f"worker_queue_capacity{{{queue}}} 10000",
        f"worker_queue_depth{{{queue}}} 17",
        f"worker_enqueued_messages_total{{{queue}}} 50",
        f"worker_dequeued_messages_total{{{queue}}} 50",
        f'worker_tasks_total{{{queue},task="store",state="received"}} 1',
        f'worker_tasks_total{{{queue},task="store",state="started"}} 2',
        f'worker_tasks_total{{{queue},task="store",state="succeeded"}} 1',
        f'worker_tasks_total{{{queue},task="store",state="failed"}} 1',
        f'worker_tasks_total{{{queue},task="store",state="retried"}} 1',
        'worker_task_errors_total{messaging_system="loop",task="store",error_type="ValueError"} 1',
        f"worker_queue_wait_seconds_count{{{queue}}} 1",
        f"worker_queue_wait_seconds_sum{{{queue}}} 12",
        f"worker_batch_size_count{{{queue}}} 1",
        f"worker_batch_size_sum{{{queue}}} 50",
        'worker_heartbeat_timestamp_seconds{messaging_system="loop"} 1002',
        f"worker_data_timestamp_seconds{{{queue}}} 995",
    }


def test_a_run_that_cannot_be_told_does_not_disturb_what_runs(caplog):
    before = guard.failures().get("telling of a run", 0)
    with broken(sync):

        @sync.run("crm")
        def pull():
            return "pulled"

        assert pull() == "pulled"
        with pytest.raises(ValueError, match="boom"), sync.run("crm"):
            raise BOOM
    assert guard.failures()["telling of a run"] == before + 4
    assert caplog.text.count("telling of a run failed and was skipped") == 1


@pytest.mark.parametrize("name", sorted(vedette.packs.__all__))
def test_every_metric_of_a_pack_says_what_it_is(name):
    pack = getattr(vedette.packs, name)()
    assert pack.metrics
    for metric in pack.metrics:
        assert metric.help.endswith("."), f"{metric.name} needs a sentence"
