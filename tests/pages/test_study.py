"""The Study page: the organiser creates, invites and reads results; the rater sees one task at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.escape import plain
from streamrec_core.data.dataset import DataSet
from streamrec_core.study.cases import ShownEvent
from streamrec_core.study.invitations import invite, revoke
from streamrec_core.study.questions import PREDICTIONS, ArmText
from streamrec_core.study.rating import Response, begin, enter, progress
from streamrec_core.study.store import list_studies, read_study
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE, build_many
from tests.study.test_results import planted
from tests.study.worlds import ARMS, case_of, planted_study, rate, rated_study

PAGE = "study/page.py"


def button(visitor: AppTest, label: str) -> object:
    return next(button for button in visitor.main.button if button.label == label)


def labels(visitor: AppTest) -> list[str]:
    return [button.label for button in visitor.main.button]


def everything(visitor: AppTest) -> str:
    parts = [words(visitor), *(element.proto.body for element in visitor.get("html"))]
    parts += [text for radio in visitor.radio for text in (radio.label, *radio.options)]
    return "\n".join(parts)


@pytest.fixture
def code(world: object) -> str:
    """A rater of a study of four cases who has not begun."""
    planted_study()
    return invite("planted", 1)[0].code


# --- the organiser


def test_the_first_study_is_created_on_the_current_model_and_data(visit: Visit, world: DataSet) -> None:
    build_many(world)
    visitor = visit(PAGE, data="many")
    assert "Create the first study" in words(visitor)
    visitor.text_input[0].set_value("mine")
    visitor.main.selectbox[0].set_value(6)
    visitor.main.button_group[0].set_value(["generic", "first pass", "verified"])
    button(visitor, "Create the study").click().run()
    assert not visitor.exception
    assert [error.value for error in visitor.error] == []
    assert list_studies() == ("mine",)
    card, cases = read_study("mine")
    assert all(case.worded("verified") for case in cases)
    assert (card.data, card.model, card.cases, len(cases)) == ("many", "a-transformer", 6, 6)
    assert "mine" in visitor.query_params["study"]
    assert "No results yet" in words(visitor)


def test_a_study_that_cannot_be_created_says_why(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.text_input[0].set_value("Not A Name")
    button(visitor, "Create the study").click().run()
    assert "is not a valid study name" in visitor.error[0].value
    visitor.text_input[0].set_value("many")
    visitor.main.selectbox[0].set_value(36)
    button(visitor, "Create the study").click().run()
    assert "of 36 cases among" in visitor.error[0].value
    assert list_studies() == ()


def test_only_arms_that_apply_to_the_model_are_offered(visit: Visit) -> None:
    offered = visit(PAGE).main.button_group[0].options
    assert offered == ["Generic", "First look", "Verified", "Counterfactual"]
    offered = visit(PAGE, model="b-lstm").main.button_group[0].options
    assert offered == ["Generic", "Verified", "Counterfactual"]


def test_without_a_model_there_is_no_study_to_create(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other")
    assert "There is no model for this data set yet" in words(visitor)
    assert "Create the study" not in labels(visitor)


def test_invited_raters_get_links_that_open_their_task(visit: Visit) -> None:
    planted_study()
    visitor = visit(PAGE, study="planted")
    assert "No raters invited yet." in words(visitor)
    visitor.number_input[0].set_value(3)
    button(visitor, "Invite").click().run()
    links = visitor.code[0].value.split()
    assert len(links) == 3
    assert {enter(link.partition("code=")[2]).rater for link in links} == {1, 2, 3}
    assert "only a hash of each code is stored" in words(visitor)
    again = visit(PAGE, study="planted")
    assert not again.code  # nobody can read them a second time
    assert list(again.dataframe[0].value["State"]) == ["not started"] * 3


def test_progress_of_raters_is_shown_without_their_answers(visit: Visit) -> None:
    rated_study(2, planted)
    begin(invite("planted", 1)[0].code)
    invite("planted", 1)
    revoke("planted", 2)
    table = visit(PAGE, study="planted").dataframe[0].value
    assert list(table["State"]) == ["finished", "closed", "in progress", "not started"]
    assert list(table["Tasks"]) == ["4 of 4", "4 of 4", "0 of 4", "0 of 4"]
    assert set(table.columns) == {"Rater", "State", "Done", "Tasks"}
    summary = "**1 of 3 raters** have finished, with 4 of 12 tasks done; 1 code closed."
    assert summary in words(visit(PAGE, study="planted"))


def test_no_result_is_shown_before_there_are_enough_raters(visit: Visit) -> None:
    rated_study(5, planted)
    visitor = visit(PAGE, study="planted")
    assert "**5 of 6** raters have seen every arm" in words(visitor)
    assert not visitor.get("plotly_chart")
    assert "3.75" not in words(visitor)
    assert "That is its claim" in words(visitor)


def test_too_few_raters_are_said_to_be_at_work_while_they_are(visit: Visit) -> None:
    planted_study()
    text = words(visit(PAGE, study="planted"))
    assert "No results yet" in text
    assert "No raters have a link: invite at least 6 more." in text
    invitations = invite("planted", 3)
    rate(invitations[0].code, 0, planted)
    rate(invitations[1].code, 1, planted, tasks=2)
    visitor = visit(PAGE, study="planted")
    text = words(visitor)
    assert "Rating is under way" in text
    assert "No results yet" not in text
    assert "**1** rater is in progress" in text
    assert "3 raters have a link: invite at least 3 more." in text
    for rater, invitation in enumerate(invite("planted", 5), start=2):
        rate(invitation.code, rater, planted)
    assert "a link: invite" not in words(visitor.run())
    assert len(visitor.get("plotly_chart")) == 2  # six have seen every arm


def test_results_show_both_outcomes_with_their_tests(visit: Visit) -> None:
    rated_study(8, planted)
    visitor = visit(PAGE, study="planted")
    assert len(visitor.get("plotly_chart")) == 2
    assert "First look was trusted more than Generic (by 1.25 points" in words(visitor)
    trust, understanding = (table.value for table in visitor.dataframe[:2])
    assert list(trust["Difference"]) == list(understanding["Difference"]) == ["First look − Generic"]
    assert [*trust["Mean"], *understanding["Mean"]] == pytest.approx([1.25, 0.5])
    assert "For comparison only: the case study printed 4.2" in words(visitor)


def test_results_follow_the_answers(visit: Visit) -> None:
    rated_study(7, planted)
    assert "7 raters who saw every arm" in words(visit(PAGE, study="planted"))
    revoke("planted", 1)
    assert "6 raters who saw every arm" in words(visit(PAGE, study="planted"))


def test_the_organiser_sees_why_a_text_is_absent(visit: Visit) -> None:
    planted_study(cases=[case_of(0, absent=["first pass"]), case_of(1), case_of(2), case_of(3)])
    shown = words(visit(PAGE, study="planted"))
    assert "**First look**  \n:gray[Absent: nothing to say]" in shown
    assert "**Generic**  \ngeneric text of case 0" in shown


def test_the_organiser_reads_every_text_of_a_case_whole_with_the_question_and_its_answer(visit: Visit) -> None:
    long = "because of " + "a very long reason, " * 30 + "and that is all"
    case = case_of(0)
    whole = case.model_copy(update={"texts": case.texts | {"generic": ArmText(text=long)}})
    planted_study(cases=[whole, *(case_of(number) for number in (1, 2, 3))])
    visitor = visit(PAGE, study="planted")
    shown = words(visitor)
    assert long in shown
    answer = case.events[case.event_pair[PREDICTIONS.index(case.truth)]].title
    assert f"Correct answer: **{answer}**." in shown
    assert len([box for box in visitor.expander if "session" in box.label]) == 4


def test_a_link_to_an_unknown_study_opens_another_with_a_warning(visit: Visit) -> None:
    planted_study()
    visitor = visit(PAGE, study="*gone*")
    assert f"There is no study **{plain('*gone*')}**" in visitor.warning[0].value
    assert visitor.selectbox(key="choose_study").value == "planted"


def test_a_study_is_deleted_in_two_steps(visit: Visit) -> None:
    planted_study()
    visitor = visit(PAGE, study="planted")
    button(visitor, "Delete study and answers").click().run()
    assert list_studies() == ()
    assert "Create the first study" in words(visitor)


def test_read_only_shows_results_and_changes_nothing(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    rated_study(6, planted)
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    visitor = visit(PAGE, study="planted")
    assert "6 raters who saw every arm" in words(visitor)
    assert not {"Invite", "Create the study", "Close code", "Delete study and answers"} & set(labels(visitor))


# --- the rater


def test_a_rater_sees_a_welcome_and_nothing_of_the_dashboard(visit: Visit, code: str) -> None:
    visitor = visit(PAGE, code=code)
    assert [title.value for title in visitor.title] == ["How good are these explanations?"]
    assert not visitor.sidebar.selectbox
    assert labels(visitor) == ["Begin"]
    assert not progress("planted")[0].begun  # opening a link is not yet beginning


def test_a_rater_goes_through_all_tasks_and_every_choice_is_saved_at_once(visit: Visit, code: str) -> None:
    visitor = visit(PAGE, code=code)
    button(visitor, "Begin").click().run()
    expected = enter(code)
    for number, trial in enumerate(expected.trials):
        text = everything(visitor)
        assert plain(expected.text(trial)) in text
        assert not [arm for arm in ARMS if arm != ARMS[trial.arm] and f"{arm} text" in text]
        onward = button(visitor, "Finish" if number == 3 else "Next")
        assert onward.disabled
        visitor.radio[0].set_value(number + 1).run()
        assert enter(code).answer(trial) == Response(number + 1, None, False)
        visitor.radio[1].set_value("earlier").run()
        assert enter(code).answer(trial) == Response(number + 1, "earlier", False)
        button(visitor, "Finish" if number == 3 else "Next").click().run()
        assert enter(code).done == number + 1
    assert "Thank you" in words(visitor)


def test_a_returning_rater_continues_where_they_stopped(visit: Visit, code: str) -> None:
    visitor = visit(PAGE, code=code)
    button(visitor, "Begin").click().run()
    visitor.radio[0].set_value(4).run()
    again = visit(PAGE, code=code)
    assert again.radio[0].value == 4
    assert again.radio[1].value is None
    again.radio[1].set_value("later").run()
    button(again, "Next").click().run()
    third = visit(PAGE, code=code)
    assert third.radio[0].value is None
    assert enter(code).current == 1


def test_the_question_names_two_events_and_never_the_answer(visit: Visit, code: str) -> None:
    visitor = visit(PAGE, code=code)
    button(visitor, "Begin").click().run()
    case = enter(code).cases[enter(code).trials[0].case]
    assert plain(case.title) in visitor.radio[1].label
    assert visitor.radio[1].options == [plain(case.events[0].title), plain(case.events[1].title)]
    assert case.truth not in everything(visitor)


@pytest.mark.parametrize("wrong", ["nope", "", "' OR 1=1 --"])
def test_an_unknown_code_opens_nothing(visit: Visit, code: str, wrong: str) -> None:
    visitor = visit(PAGE, code=wrong)
    assert "This link does not open a study" in words(visitor)
    assert labels(visitor) == []


def test_a_code_closed_during_a_task_is_reported(visit: Visit, code: str) -> None:
    visitor = visit(PAGE, code=code)
    button(visitor, "Begin").click().run()
    revoke("planted", 1)
    visitor.radio[0].set_value(3).run()
    assert "This code is closed" in words(visitor)


def test_titles_of_a_study_stay_text(visit: Visit, workspace: Path) -> None:
    nasty = [title for title in HOSTILE if "\n" not in title]
    cases = [
        case_of(number).model_copy(
            update={
                "title": nasty[number],
                "events": tuple(ShownEvent(title=title, category=title, engagement="clicked") for title in nasty[4:7]),
            }
        )
        for number in range(4)
    ]
    planted_study(cases=cases)
    code = invite("planted", 1)[0].code
    begin(code)
    visitor = visit(PAGE, code=code)
    rendered = [element.value for part in (visitor.markdown, visitor.subheader) for element in part]
    rendered += [text for radio in visitor.radio for text in (radio.label, *radio.options)]
    assert [(title, text) for title in nasty for text in rendered if title in text] == []
    (strip,) = [element.proto.body for element in visitor.get("html") if element.proto.body.startswith("<ol")]
    assert "&lt;script&gt;" in strip
    assert "<script" not in strip


def test_a_dashboard_for_raters_only_shows_tasks_and_nothing_else(
    visit: Visit, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_RATERS_ONLY", "1")
    for page in ("overview/page.py", "explore/page.py", PAGE):
        visitor = visit(page, study="planted")
        assert [title.value for title in visitor.title] == ["A study is running here"]
        assert not visitor.sidebar.selectbox
        assert labels(visitor) == []
    assert labels(visit(PAGE, code=code)) == ["Begin"]
