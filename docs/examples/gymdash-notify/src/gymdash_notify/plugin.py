"""Hook implementations; light: what posts is imported when there is something to post."""

import logging

from gymdash_core import hookimpl

GYMDASH_API = 1

logger = logging.getLogger(__name__)


@hookimpl
def gymdash_run_finished(run):
    from gymdash_notify.webhook import NotDeliveredError, address, message_of, post  # noqa: PLC0415

    if not (url := address()):
        return
    try:
        post(url, message_of(run))
    except NotDeliveredError as error:  # a hook that raises takes its plugin out of use
        logger.warning("%s of run %s: %s", run["state"], run["id"], error)


@hookimpl
def gymdash_commands(cli):
    import click  # noqa: PLC0415

    @cli.command()
    @click.option("--url", metavar="URL", help="Address of the webhook; default $GYMDASH_NOTIFY_URL.")
    def notify(url):
        """Post a trial message to the webhook."""
        from gymdash_notify.webhook import VARIABLE, NotDeliveredError, address, post  # noqa: PLC0415

        if not (url := url or address()):
            raise click.UsageError(f"There is no webhook. Set {VARIABLE}, or give --url.")
        try:
            post(url, {"text": "A trial message of gymdash-notify"})
        except NotDeliveredError as error:
            raise click.ClickException(str(error)) from error
        click.echo("The webhook has taken the message.")
