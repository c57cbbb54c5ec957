"""What Asterisk says over AMI that tells an observer of queues nothing: all the events of
Asterisk 22's own documentation that are not read.
"""

ELSEWHERE = frozenset({
    "AGIExecEnd", "AGIExecStart", "AOC-D", "AOC-E", "AOC-S", "Agents", "AgentsComplete", "Alarm",
    "AlarmClear", "AorDetail", "AorList", "AorListComplete", "AsyncAGIEnd", "AsyncAGIExec",
    "AsyncAGIStart", "AuthDetail", "AuthList", "AuthListComplete", "AuthMethodNotAllowed",
    "BridgeCreate", "BridgeDestroy", "BridgeInfoChannel", "BridgeInfoComplete", "BridgeMerge",
    "BridgeVideoSourceUpdate", "CEL", "Cdr", "ChallengeResponseFailed", "ChallengeSent",
    "ChanSpyStart", "ChanSpyStop", "ChannelTalkingStart", "ChannelTalkingStop", "ConfbridgeEnd",
    "ConfbridgeJoin", "ConfbridgeLeave", "ConfbridgeList", "ConfbridgeListRooms",
    "ConfbridgeMute", "ConfbridgeRecord", "ConfbridgeStart", "ConfbridgeStopRecord",
    "ConfbridgeTalking", "ConfbridgeUnmute", "ContactList", "ContactListComplete",
    "ContactStatus", "ContactStatusDetail", "CoreShowChannel", "CoreShowChannelMapComplete",
    "CoreShowChannelsComplete", "DAHDIChannel", "DNDState", "DTMFBegin", "DTMFEnd",
    "DeadlockStart", "DeviceStateChange", "DeviceStateListComplete", "DialBegin", "DialState",
    "EndpointDetail", "EndpointDetailComplete", "EndpointList", "EndpointListComplete",
    "ExtensionStateListComplete", "ExtensionStatus", "FAXSession", "FAXSessionsComplete",
    "FAXSessionsEntry", "FAXStats", "FAXStatus", "FailedACL", "Flash", "HangupHandlerPop",
    "HangupHandlerPush", "HangupHandlerRun", "IdentifyDetail", "InboundRegistrationDetail",
    "InboundSubscriptionDetail", "InvalidAccountID", "InvalidPassword", "InvalidTransport",
    "Load", "LoadAverageLimit", "LocalBridge", "LocalOptimizationEnd",
    "LogChannel", "MCID", "MWIGet", "MWIGetComplete", "MeetmeEnd", "MeetmeJoin", "MeetmeLeave",
    "MeetmeList", "MeetmeListRooms", "MeetmeMute", "MeetmeTalkRequest", "MeetmeTalking",
    "MemoryLimit", "MessageWaiting", "MiniVoiceMail", "MixMonitorMute", "MixMonitorStart",
    "MixMonitorStop", "MusicOnHoldStart", "MusicOnHoldStop", "NewAccountCode", "NewCallerid",
    "NewConnectedLine", "Newchannel", "Newexten", "Newstate", "OriginateResponse",
    "OutboundRegistrationDetail", "OutboundSubscriptionDetail", "PJSIPMaintenanceStatus",
    "ParkedCall", "ParkedCallGiveUp", "ParkedCallSwap", "ParkedCallTimeOut", "PeerStatus",
    "PresenceStateChange", "PresenceStateListComplete", "PresenceStatus", "QueueEntry",
    "QueueMemberPenalty", "QueueMemberRinginuse", "QueueParams", "RTCPReceived", "RTCPSent",
    "ReceiveFAX", "Registry", "Rename", "RequestBadFormat", "RequestNotAllowed",
    "RequestNotSupported", "ResourceListDetail", "SendFAX", "SessionLimit", "SoftHangupRequest",
    "SpanAlarm", "SpanAlarmClear", "Status", "StatusComplete", "SuccessfulAuth", "TestEvent",
    "TransportDetail", "UnParkedCall", "UnexpectedAddress", "Unload", "UserEvent", "VarSet",
    "VoicemailPasswordChange", "Wink",
})  # fmt: skip
"""Names of events that are no news. Others are unknown, and told as such."""
